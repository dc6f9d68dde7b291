internal import Packets

/// SIP (`nf_conntrack_sip.c`), with the module's parameters at their defaults: calls are expected from the registrar only
/// (`sip_direct_signalling`), media only from where the signalling comes (`sip_direct_media`), and a connection lives an
/// hour (`sip_timeout`).
enum SIPHelper: ConnectionHelper {
    static let name = HelperName.sip
    static let policies = [
        ExpectationPolicy(maximum: 1, timeout: 180), ExpectationPolicy(maximum: 4, timeout: 180),
        ExpectationPolicy(maximum: 4, timeout: 180), ExpectationPolicy(maximum: 2, timeout: 180),
    ]
    static let timeout: UInt32 = 3600

    static func help(_ packet: inout HelpedPacket, _ table: inout ConnectionTable) -> HelperVerdict {
        let isTCP = table.connections[packet.entry].original.transportProtocol == .tcp
        if isTCP, packet.state != .established { return .accept }
        let payload = Array(packet.payload)
        guard !payload.isEmpty else { return .accept }
        table.connections[packet.entry].expire(in: timeout, from: packet.now)
        guard payload.count >= 11 else { return .accept }

        var new: [UInt8] = []
        var rest = payload[...]
        while let length = isTCP ? messageLength(Array(rest), packet.packet.family) : rest.count,
            !rest.isEmpty
        {
            guard length <= rest.count else { break }
            var exchange = SIPExchange(packet, Array(rest.prefix(length)), table)
            exchange.room = 65_535 - Int(packet.packet.totalLength) - (new.count + rest.count - payload.count)
            let verdict = exchange.process(&table)
            table.remember(.sip(exchange.memory), of: packet.entry)
            guard verdict == .accept else { return .drop }
            if let port = exchange.movedPort { packet.setDestinationPort(port) }
            new += exchange.message.bytes
            rest = rest.dropFirst(length)
        }
        new += rest
        guard new != payload else { return .accept }
        return table.replace(0..<payload.count, of: &packet, with: new) ? .accept : .drop
    }

    /// Where a message in a stream ends: it may lie behind what there is. Nil where no whole header with a content length is
    /// (`sip_help_tcp`).
    private static func messageLength(_ bytes: [UInt8], _ family: AddressFamily) -> Int? {
        let message = SIPMessage(bytes: bytes, family: family)
        guard let range = message.header(.contentLength).found,
            let length = message.text.number(at: range.lowerBound), length.value <= UInt32(bytes.count)
        else { return nil }
        var end = length.end
        while !message.text.has("\r\n\r\n", at: end) {
            guard end < bytes.count else { return nil }
            end += 1
        }
        return end + 4 + Int(length.value)
    }
}

/// What the helper remembers of a signalling connection (`struct nf_ct_sip_master`).
struct SIPMemory: BitwiseCopyable {
    /// The numbers of the last REGISTER and of the last INVITE.
    var registration: UInt32 = 0
    var invitation: UInt32 = 0
    /// Where a phone that sends from another port listens; 0 for the port that it sends from.
    var listeningPort: UInt16 = 0
}

/// Classes of expectations, in the order of the helper's policies.
enum SIPExpectation: Int {
    case signalling, audio, video, image

    init(_ media: SIPMessage.Media) {
        switch media {
        case .audio: self = .audio
        case .video: self = .video
        case .image: self = .image
        }
    }
}
