import Packets

/// A TCP connection, or an exchange of datagrams, that is written as packets, as seen at the gateway: one end is the
/// gateway's own, and what the other one answers takes a round trip.
struct ModelConnection: Sendable {
    /// What an end does, or what happens to it.
    enum Action: Sendable {
        /// The initiator's SYN, the responder's answer, the initiator's ACK.
        case ask, answer, establish
        case send(ConnectionRole, [UInt8])
        case close(ConnectionRole)
        case reset(ConnectionRole)
        case datagram(ConnectionRole, [UInt8])
        /// What the other end sent up to this place is there, and is acknowledged.
        case arrive(ConnectionRole, upTo: Int64, timestamp: UInt32)
        /// The other end's word about it has come.
        case learn(ConnectionRole, acknowledged: Int64)
    }

    /// What an action leads to, after so many nanoseconds.
    typealias Consequence = (delay: Int64, action: Action)

    /// How long a stack takes to answer.
    static let turnaround: Int64 = 20_000

    let plan: ConnectionPlan
    private var ends: [ConnectionEnd]
    private(set) var isOver = false
    private var isEstablished = false
    /// Wanted before the connection stood.
    private var resetsWhenEstablished: ConnectionRole?
    private let isScaled: Bool
    private let hasTimestamps: Bool
    private let segmentLength: Int

    init(_ plan: ConnectionPlan) {
        self.plan = plan
        ends = [
            ConnectionEnd(plan.initiator, plan.initiatorStack),
            ConnectionEnd(plan.responder, plan.responderStack),
        ]
        let stacks = (plan.initiatorStack, plan.responderStack)
        isScaled = stacks.0.windowScale != nil && stacks.1.windowScale != nil
        hasTimestamps = stacks.0.sendsTimestamps && stacks.1.sendsTimestamps
        let most = min(stacks.0.maximumSegment, stacks.1.maximumSegment)
        segmentLength = Int(min(max(most, 88), 8960)) - (hasTimestamps ? 12 : 0)
    }

    mutating func perform(
        _ action: Action, at time: Timestamp, _ frames: inout [LoggedFrame]
    ) -> [Consequence] {
        guard !isOver else { return [] }
        switch action {
        case .ask: emit(.initiator, .syn, at: time, &frames)
        case .answer: emit(.responder, [.syn, .ack], at: time, &frames)
        case .establish:
            emit(.initiator, .ack, at: time, &frames)
            isEstablished = true
            for index in 0...1 { ends[index].acknowledged = 1 }
            if let role = resetsWhenEstablished { return [(ModelConnection.turnaround, .reset(role))] }
            return transmit(.initiator, at: time, &frames) + transmit(.responder, at: time, &frames)
        case .send(let role, let bytes):
            guard !ends[role.index].closes else { return [] }
            ends[role.index].unsent += bytes
            return transmit(role, at: time, &frames)
        case .close(let role):
            ends[role.index].closes = true
            return transmit(role, at: time, &frames)
        case .reset where plan.transport == .udp: isOver = true
        case .reset(let role):
            guard isEstablished else {
                resetsWhenEstablished = role
                return []
            }
            emit(role, [.rst, .ack], at: time, &frames)
            isOver = true
        case .datagram(let role, let bytes): emit(datagram: bytes, from: role, at: time, &frames)
        case .arrive(let role, let place, let timestamp):
            return arrive(role, upTo: place, timestamp, at: time, &frames)
        case .learn(let role, let place):
            ends[role.index].acknowledged = max(ends[role.index].acknowledged, place)
            isOver = ends.allSatisfy(\.isDone)
            return isOver ? [] : transmit(role, at: time, &frames)
        }
        return []
    }

    // MARK: Sending

    /// Sends what the window allows, then the FIN if one is wanted.
    private mutating func transmit(
        _ role: ConnectionRole, at time: Timestamp, _ frames: inout [LoggedFrame]
    ) -> [Consequence] {
        guard isEstablished else { return [] }
        var consequences: [Consequence] = []
        let before = ends[role.index].sent
        var isEven = true
        while ends[role.index].hasUnsent {
            let end = ends[role.index]
            // A full window would be worth a remark; one byte less isn't.
            let room = end.allowed - (end.sent - end.acknowledged) - 1
            let length = min(segmentLength, end.unsent.count - end.unsentStart)
            guard room >= length || (end.sent == end.acknowledged && room > 0) else { break }
            let bytes = ends[role.index].takeUnsent(Int(min(Int64(length), room)))
            emit(
                role, ends[role.index].hasUnsent ? .ack : [.psh, .ack], bytes, at: time, &frames)
            // A stack acknowledges every other segment.
            isEven.toggle()
            if isEven { consequences.append(arrival(from: role, at: time)) }
        }
        let end = ends[role.index]
        if end.closes, !end.hasUnsent, !end.hasSentFIN {
            emit(role, [.fin, .ack], at: time, &frames)
            ends[role.index].hasSentFIN = true
            isEven = false
        }
        if !isEven, ends[role.index].sent > before { consequences.append(arrival(from: role, at: time)) }
        return consequences
    }

    private func arrival(from role: ConnectionRole, at time: Timestamp) -> Consequence {
        let end = ends[role.index]
        let delay = role == plan.gateway ? plan.roundTrip : ModelConnection.turnaround
        return (
            delay, .arrive(role.other, upTo: end.sent, timestamp: end.timestampValue(at: time))
        )
    }

    private mutating func arrive(
        _ role: ConnectionRole, upTo place: Int64, _ timestamp: UInt32, at time: Timestamp,
        _ frames: inout [LoggedFrame]
    ) -> [Consequence] {
        ends[role.index].received = max(ends[role.index].received, place)
        ends[role.index].echo = timestamp
        if ends[role.index].told < place { emit(role, .ack, at: time, &frames) }
        // The gateway hears it now, its peer a round trip later.
        let delay = role == plan.gateway ? plan.roundTrip : 0
        return [(delay, .learn(role.other, acknowledged: place))]
    }

    // MARK: Packets

    private mutating func emit(
        _ role: ConnectionRole, _ flags: TCPFlags, _ payload: [UInt8] = [], at time: Timestamp,
        _ frames: inout [LoggedFrame]
    ) {
        let isGreeting = flags.contains(.syn)
        if isGreeting {
            ends[role.other.index].received = max(ends[role.other.index].received, 1)
            ends[role.other.index].echo = ends[role.index].timestampValue(at: time)
        }
        let (end, other) = (ends[role.index], ends[role.other.index])
        let acknowledges = flags.contains(.ack)
        let window = end.windowField(isScaled: isScaled && !isGreeting)
        var segment = PacketBuilder.TCPSegment(
            from: end.endpoint.port, to: other.endpoint.port, flags: flags,
            sequence: end.profile.initialSequence &+ UInt32(truncatingIfNeeded: end.sent),
            acknowledgement: acknowledges
                ? other.profile.initialSequence &+ UInt32(truncatingIfNeeded: end.received) : 0,
            window: window, payload: payload)
        segment.options = isGreeting ? greetingOptions(of: role, at: time) : timestamps(of: role, at: time)
        ends[role.index].sent += Int64(payload.count) + (isGreeting || flags.contains(.fin) ? 1 : 0)
        ends[role.index].told = end.received
        let scale = isScaled && !isGreeting ? UInt32(end.profile.windowScale ?? 0) : 0
        ends[role.other.index].allowed = Int64(UInt32(window) << scale)
        emit(.tcp(segment), from: role, at: time, &frames)
    }

    private mutating func emit(
        datagram payload: [UInt8], from role: ConnectionRole, at time: Timestamp,
        _ frames: inout [LoggedFrame]
    ) {
        emit(
            .udp(
                PacketBuilder.UDPDatagram(
                    from: ends[role.index].endpoint.port, to: ends[role.other.index].endpoint.port,
                    payload: payload)), from: role, at: time, &frames)
    }

    private mutating func emit(
        _ transport: PacketBuilder.Transport, from role: ConnectionRole, at time: Timestamp,
        _ frames: inout [LoggedFrame]
    ) {
        let (end, other) = (ends[role.index], ends[role.other.index])
        var packet = PacketBuilder(
            source: end.endpoint.address, destination: other.endpoint.address, transport)
        packet.ethernet = PacketBuilder.EthernetFrame(
            source: end.profile.mac, destination: other.profile.mac)
        packet.hopLimit = end.profile.hopLimit
        packet.dontFragment = plan.transport == .tcp
        packet.identification = UInt32(ends[role.index].nextIdentification())
        frames.append(LoggedFrame(time: time, bytes: packet.bytes()))
    }

    private func greetingOptions(of role: ConnectionRole, at time: Timestamp) -> [UInt8] {
        let profile = ends[role.index].profile
        // The answer has what was offered, and no more.
        let offer = role == .initiator ? profile : plan.initiatorStack
        let size = profile.maximumSegment
        var options: [UInt8] = [
            TCPOptions.Kind.maximumSegmentSize, 4, UInt8(size >> 8), UInt8(truncatingIfNeeded: size),
        ]
        if profile.permitsSACK, offer.permitsSACK { options += [TCPOptions.Kind.sackPermitted, 2] }
        if profile.sendsTimestamps, offer.sendsTimestamps {
            options += timestampOption(of: role, at: time)
        }
        if let scale = profile.windowScale, offer.windowScale != nil {
            options += [TCPOptions.Kind.noOperation, TCPOptions.Kind.windowScale, 3, scale]
        }
        while options.count % 4 != 0 { options.append(TCPOptions.Kind.noOperation) }
        return options
    }

    private func timestamps(of role: ConnectionRole, at time: Timestamp) -> [UInt8] {
        guard hasTimestamps else { return [] }
        return [TCPOptions.Kind.noOperation, TCPOptions.Kind.noOperation]
            + timestampOption(of: role, at: time)
    }

    private func timestampOption(of role: ConnectionRole, at time: Timestamp) -> [UInt8] {
        let end = ends[role.index]
        var option: [UInt8] = [TCPOptions.Kind.timestamp, 10]
        for number in [end.timestampValue(at: time), end.hasEcho ? end.echo : 0] {
            withUnsafeBytes(of: number.bigEndian) { option += $0 }
        }
        return option
    }
}

extension ConnectionEnd {
    fileprivate var hasEcho: Bool { received > 0 }
}

extension ConnectionRole {
    fileprivate var index: Int { self == .initiator ? 0 : 1 }
}
