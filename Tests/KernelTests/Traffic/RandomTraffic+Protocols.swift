import Packets

extension RandomTraffic {
    mutating func packet(_ index: Int) -> PacketBuilder {
        var builder: PacketBuilder
        switch conversations[index].transport {
        case .tcp: builder = segment(index)
        case .sctp: builder = chunks(index)
        default:
            let conversation = conversations[index]
            let isReply = conversation.step > 0 && chance(2)
            conversations[index].step += 1
            builder = build(conversation, isReply, message(conversation, isReply))
        }
        identification += 1
        builder.identification = identification
        return builder
    }

    private mutating func message(
        _ conversation: Conversation, _ isReply: Bool
    ) -> PacketBuilder.Transport {
        let (from, to) = conversation.ends(isReply: isReply)
        let data = payload()
        switch conversation.transport {
        case .udp: return .udp(.init(from: from.port, to: to.port, payload: data))
        case .udpLite: return .udpLite(.init(from: from.port, to: to.port, payload: data))
        case .icmp, .icmpv6:
            let isIPv4 = family == .ipv4
            let type: UInt8 = isIPv4 ? (isReply ? 0 : 8) : (isReply ? 129 : 128)
            let identifier = isReply ? conversation.answered.port : conversation.client.port
            let odd = isIPv4 ? UInt8(number(20)) : pick([UInt8(number(6)), 127, 200])
            let message = PacketBuilder.ICMPMessage(
                type: chance(15) ? odd : type, code: chance(25) ? UInt8(number(4)) : 0,
                rest: UInt32(identifier) << 16 | UInt32(conversation.step), payload: data)
            return isIPv4 ? .icmp(message) : .icmpv6(message)
        case .gre:
            let version = chance(6) ? UInt8(1 + number(7)) : 0
            let key: [UInt8] = chance(2) ? [0x20, version, 8, 0, 0, 0, 0, 7] : [0, version, 8, 0]
            return .other(.gre, key + data)
        case .dccp:
            let type = UInt8(number(11))
            let ports = [from.port, to.port].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
            let header: [UInt8] = [7, 0, 0, 0, type << 1 | 1, 0, 0, 0, 0, 0, 0, UInt8(conversation.step)]
            return .other(.dccp, ports + header + [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0] + data)
        case .esp: return .other(.esp, [0, 0, UInt8(1 + number(2)), 0, 0, 0, 0, 1] + data)
        default:
            let header: [UInt8] = [59, 4, 0, 0, 0, 0, UInt8(1 + number(2)), 0, 0, 0, 0, 1]
            return .other(.ah, header + [UInt8](repeating: 0, count: 12) + data)
        }
    }

    // MARK: SCTP

    private struct ChunkType {
        static let data: UInt8 = 0
        static let initiation: UInt8 = 1
        static let initiationAck: UInt8 = 2
        static let sack: UInt8 = 3
        static let heartbeat: UInt8 = 4
        static let heartbeatAck: UInt8 = 5
        static let abort: UInt8 = 6
        static let shutdown: UInt8 = 7
        static let shutdownAck: UInt8 = 8
        static let cookieEcho: UInt8 = 10
        static let cookieAck: UInt8 = 11
        static let shutdownComplete: UInt8 = 14
    }

    /// Mostly the next packet of an association; sometimes any.
    private mutating func chunks(_ index: Int) -> PacketBuilder {
        var conversation = conversations[index]
        defer { conversations[index] = conversation }
        let order: [(type: UInt8, isReply: Bool)] = [
            (ChunkType.initiation, false), (ChunkType.initiationAck, true), (ChunkType.cookieEcho, false),
            (ChunkType.cookieAck, true), (ChunkType.data, false), (ChunkType.sack, true),
            (ChunkType.heartbeat, true), (ChunkType.heartbeatAck, false), (ChunkType.data, true),
            (ChunkType.shutdown, false), (ChunkType.shutdownAck, true), (ChunkType.shutdownComplete, false),
        ]
        var (type, isReply) = order[conversation.step % order.count]
        conversation.step += 1
        if chance(8) { (type, isReply) = (pick(order.map(\.type) + [ChunkType.abort, 9, 15]), chance(2)) }
        var tag = isReply ? conversation.tags.0 : conversation.tags.1
        if type == ChunkType.initiation { tag = 0 }
        if chance(15) { tag = UInt32(number(1 << 20)) }
        let own = isReply ? conversation.tags.1 : conversation.tags.0
        var bytes = chunk(type, initiationTag: own)
        if chance(10) { bytes += chunk(pick([ChunkType.data, ChunkType.sack]), initiationTag: own) }
        let (from, to) = conversation.ends(isReply: isReply)
        return build(
            conversation, isReply,
            .sctp(.init(from: from.port, to: to.port, verificationTag: tag, chunks: bytes)))
    }

    private mutating func chunk(_ type: UInt8, initiationTag: UInt32) -> [UInt8] {
        var body: [UInt8]
        switch type {
        case ChunkType.initiation, ChunkType.initiationAck:
            body = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: initiationTag >> $0) }
            body += [0, 0, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 1]
        case ChunkType.data:
            body = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0x61, count: 20)
        case ChunkType.sack: body = [0, 0, 0, 1, 0, 0, 0x80, 0, 0, 0, 0, 0]
        case ChunkType.shutdown: body = [0, 0, 0, 1]
        case ChunkType.heartbeat, ChunkType.heartbeatAck, ChunkType.cookieEcho:
            body = [0, 1, 0, 8, 0, 0, 0, 0]
        default: body = []
        }
        let length = body.count + 4
        let flags: UInt8 = type == ChunkType.data ? UInt8(number(8)) : chance(6) ? 1 : 0
        return [type, flags, UInt8(length >> 8), UInt8(length & 0xff)] + body
    }
}
