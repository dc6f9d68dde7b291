import Packets

extension RandomTraffic {
    /// Mostly the next segment of a handshake, a transfer, a close; sometimes any.
    mutating func segment(_ index: Int) -> PacketBuilder {
        var conversation = conversations[index]
        defer { conversations[index] = conversation }
        var (isReply, flags) = plan(conversation)
        conversation.step += 1
        if conversation.step > 12, chance(3) { reopen(&conversation) }
        if chance(8) { (isReply, flags) = (chance(2), TCPFlags(rawValue: UInt8(number(256)))) }
        if chance(20) { flags = chance(2) ? .rst : [.rst, .ack] }
        let data = flags.contains(.psh) ? payload() : []
        var sequence = isReply ? conversation.sequences.1 : conversation.sequences.0
        var acknowledged = isReply ? conversation.sequences.0 : conversation.sequences.1
        let length = UInt32(data.count) + (flags.contains(.syn) ? 1 : 0) + (flags.contains(.fin) ? 1 : 0)
        switch number(30) {
        case 0: sequence &+= UInt32(number(1 << 20))
        case 1: sequence &-= UInt32(number(1 << 18))
        case 2: acknowledged &+= UInt32(number(1 << 18))
        case 3: acknowledged &-= UInt32(number(1 << 18))
        default:
            if isReply { conversation.sequences.1 &+= length } else { conversation.sequences.0 &+= length }
        }
        let (from, to) = conversation.ends(isReply: isReply)
        var segment = PacketBuilder.TCPSegment(
            from: from.port, to: to.port, flags: flags, sequence: sequence,
            acknowledgement: flags.contains(.ack) || chance(20) ? acknowledged : 0,
            window: pick([65535, 65535, 8192, 100, 0]), options: options(conversation, flags, acknowledged),
            payload: data)
        if flags.contains(.urg) { segment.urgentPointer = 1 }
        return build(conversation, isReply, .tcp(segment))
    }

    private mutating func plan(_ conversation: Conversation) -> (isReply: Bool, flags: TCPFlags) {
        switch conversation.step {
        case 0: (false, .syn)
        case 1: (true, [.syn, .ack])
        case 2: (false, .ack)
        case 3..<8: (chance(2), [.ack, .psh])
        case 8: (false, [.ack, .fin])
        case 9: (true, [.ack, .fin])
        default: (false, .ack)
        }
    }

    /// The same ports again, behind the old sequence numbers or before them.
    private mutating func reopen(_ conversation: inout Conversation) {
        conversation.step = 0
        guard chance(2) else { return }
        conversation.sequences = (UInt32(number(1 << 31)), UInt32(number(1 << 31)))
    }

    private mutating func options(
        _ conversation: Conversation, _ flags: TCPFlags, _ acknowledged: UInt32
    ) -> [UInt8] {
        let time: [UInt8] = [8, 10, 0, 0, 0, UInt8(conversation.step & 0xff), 0, 0, 0, 1]
        if flags.contains(.syn) {
            // A connection's two ends say the same at every step, so that windows scale or don't.
            switch conversation.sequences.0 % 4 {
            case 0: return [2, 4, 5, 0xb4, 4, 2] + time + [1, 3, 3, 7]
            case 1: return [2, 4, 5, 0xb4, 1, 3, 3, UInt8(number(15))]
            case 2: return [2, 4, 2, 0x18, 1, 1, 4, 2]
            default: return chance(6) ? [3, 3, 7, 0] : []
            }
        }
        switch number(8) {
        case 0:
            let edges = [acknowledged &+ 100, acknowledged &+ 200]
            return [1, 1, 5, 10] + edges.flatMap { edge in [24, 16, 8, 0].map { UInt8(edge >> $0 & 0xff) } }
        case 1: return [1, 1] + time
        // A length that can't be.
        case 2 where chance(6): return [8, 1, 2, 0]
        default: return []
        }
    }
}
