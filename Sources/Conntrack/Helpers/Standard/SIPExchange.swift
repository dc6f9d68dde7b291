internal import Packets

/// A message on its way through the connection that it belongs to.
struct SIPExchange {
    var message: SIPMessage
    var memory = SIPMemory()
    /// By how many bytes the message may grow.
    var room = 0
    /// To which port the packet goes instead.
    var movedPort: UInt16?
    let entry: Int
    let direction: Direction
    let now: Timestamp
    /// The packet's direction of the connection and the other one, each as it enters.
    let way: FlowTuple
    let opposite: FlowTuple
    let isTranslated: Bool

    init(_ packet: HelpedPacket, _ bytes: [UInt8], _ table: borrowing ConnectionTable) {
        let connection = table.connections[packet.entry]
        message = SIPMessage(bytes: bytes, family: connection.original.family)
        if case .sip(let known) = table.memory(of: packet.entry) { memory = known }
        entry = packet.entry
        direction = packet.direction
        now = packet.now
        way = connection[packet.direction]
        opposite = connection[packet.direction.opposite]
        isTranslated = table.isTranslated(packet.entry)
    }

    var transportProtocol: IPProtocol { way.transportProtocol }

    private enum Method: CaseIterable {
        case invite, update, ack, prack, bye, register

        var name: StaticString {
            switch self {
            case .invite: "INVITE"
            case .update: "UPDATE"
            case .ack: "ACK"
            case .prack: "PRACK"
            case .bye: "BYE"
            case .register: "REGISTER"
            }
        }
    }

    /// `process_sip_msg`
    mutating func process(_ table: inout ConnectionTable) -> HelperVerdict {
        let isResponse = message.text.has("SIP/2.0 ", at: 0)
        let verdict = isResponse ? processResponse(&table) : processRequest(&table)
        guard verdict == .accept, isTranslated else { return verdict }
        return translate() ? .accept : .drop
    }

    /// Nil: there is none that can be read.
    private var sequence: (number: UInt32, end: Int)? {
        guard let range = message.header(.cseq).found, let number = message.text.number(at: range.lowerBound)
        else { return nil }
        return (number.value, range.upperBound)
    }

    /// `process_sip_request`
    private mutating func processRequest(_ table: inout ConnectionTable) -> HelperVerdict {
        if let via = message.address(in: .viaUDP).found, via.port != way.sourcePort,
            via.address == way.source
        {
            memory.listeningPort = via.port
        }
        let text = message.text
        let method = Method.allCases.first {
            let end = $0.name.utf8CodeUnitCount
            return text.has($0.name, at: 0) && text[end] == UInt8(ascii: " ") && text.isLetter(end + 1)
        }
        guard let method else { return .accept }
        guard let sequence else { return .drop }
        switch method {
        case .invite:
            flush(media: true, &table)
            let verdict = processSession(&table)
            if verdict == .accept { memory.invitation = sequence.number }
            return verdict
        case .update, .ack, .prack: return processSession(&table)
        case .bye:
            flush(media: true, &table)
            return .accept
        case .register: return processRegistration(sequence.number, &table)
        }
    }

    /// `process_sip_response`
    private mutating func processResponse(_ table: inout ConnectionTable) -> HelperVerdict {
        let text = message.text
        guard text.limit >= 11 else { return .accept }
        guard let code = text.number(at: 8)?.value, code != 0, let sequence else { return .drop }
        let answered = [Method.invite, .update, .prack, .register].first {
            text.has($0.name, at: sequence.end + 1)
        }
        guard let answered else { return .accept }
        if answered == .register { return processRegistrationResponse(sequence.number, code, &table) }
        if (100...299).contains(code) { return processSession(&table) }
        if memory.invitation == sequence.number { flush(media: true, &table) }
        return .accept
    }

    /// Takes back all expected media, or the latest expected signalling connection (`flush_expectations`).
    func flush(media: Bool, _ table: inout ConnectionTable) {
        for handle in table.helped[entry]?.expectations ?? [] {
            guard let known = table.expectations[handle],
                (known.policyClass != SIPExpectation.signalling.rawValue) == media
            else { continue }
            table.unexpect(handle)
            if !media { break }
        }
    }
}
