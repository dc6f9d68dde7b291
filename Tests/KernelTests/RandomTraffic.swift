import Packets
import TestSupport

/// Packets of conversations through, to and from a firewall: whole ones with answers, and everything that goes wrong.
///
///     198.51.100.7, .8 ─ … ─ eth0 192.0.2.1 firewall 10.0.0.1 eth1 ─ 10.0.0.5, .6
struct RandomTraffic {
    var random: SeededGenerator
    let family: AddressFamily
    private var conversations: [Conversation] = []
    private var identification: UInt32

    /// One packet for the firewall.
    struct Item {
        var bytes: [UInt8]
        /// Nil for the host's own.
        var interface: String?
    }

    private struct Conversation {
        var transport: IPProtocol
        var client: UInt128
        var server: UInt128
        var clientPort: UInt16
        var serverPort: UInt16
        /// Sequence numbers to come, of the client and of the server.
        var sequences: (UInt32, UInt32)
        var step = 0
        var last: [UInt8]?
    }

    /// - Parameter firstIdentification: fragments that one case leaves behind must not meet those of another.
    init(random: SeededGenerator, family: AddressFamily, firstIdentification: UInt32) {
        self.random = random
        identification = firstIdentification
        self.family = family
    }

    // MARK: The places

    private var outside: [UInt128] {
        family == .ipv4
            ? [0xc633_6407, 0xc633_6408] : [0x2001_0db8_0009 << 80 | 7, 0x2001_0db8_0009 << 80 | 8]
    }
    private var inside: [UInt128] {
        family == .ipv4
            ? [0x0a00_0005, 0x0a00_0006] : [0x2001_0db8_0001 << 80 | 5, 0x2001_0db8_0001 << 80 | 6]
    }
    private var own: [UInt128] {
        family == .ipv4 ? [0xc000_0201, 0x0a00_0001] : [0x2001_0db8 << 96 | 1, 0x2001_0db8_0001 << 80 | 1]
    }

    /// Where packets with this source come in; nil for the host's own.
    private func interface(from source: UInt128) -> String? {
        own.contains(source) ? nil : inside.contains(source) ? "eth1" : "eth0"
    }

    // MARK: Packets

    mutating func next() -> [Item] {
        if conversations.isEmpty || chance(4) { open() }
        let index = number(conversations.count)
        if chance(12), let item = icmpError(about: conversations[index]) { return [item] }
        var builder = packet(index)
        disturb(&builder)
        let bytes = builder.bytes()
        conversations[index].last = bytes
        let interface = interface(from: builder.source.bits)
        if chance(12), bytes.count > 76, !builder.dontFragment {
            return fragments(builder, interface)
        }
        return [Item(bytes: bytes, interface: interface)]
    }

    private mutating func open() {
        let places = outside + inside + own
        let client = pick(places)
        var server = pick(places)
        while server == client || own.contains(client) && own.contains(server) || sameSide(client, server) {
            server = pick(places)
        }
        let icmp: IPProtocol = family == .ipv4 ? .icmp : .icmpv6
        conversations.append(
            Conversation(
                transport: pick([.tcp, .tcp, .tcp, .udp, .udp, icmp, .gre, .sctp]), client: client,
                server: server,
                clientPort: UInt16(1024 + number(3000)), serverPort: pick([80, 53, 443, 22, 8080]),
                sequences: (UInt32(number(1 << 30)), UInt32(number(1 << 30)))))
        if conversations.count > 8 { conversations.removeFirst() }
    }

    /// Neighbours don't talk through the firewall.
    private func sameSide(_ a: UInt128, _ b: UInt128) -> Bool {
        (outside.contains(a) && outside.contains(b)) || (inside.contains(a) && inside.contains(b))
    }

    private mutating func packet(_ index: Int) -> PacketBuilder {
        let conversation = conversations[index]
        switch conversation.transport {
        case .tcp: return segment(index)
        case .udp:
            let isReply = conversation.step > 0 && chance(2)
            conversations[index].step += 1
            let data = payload()
            return build(conversation, isReply) { .udp(.init(from: $0, to: $1, payload: data)) }
        case .icmp, .icmpv6:
            let isReply = conversation.step > 0 && chance(2)
            conversations[index].step += 1
            let type: UInt8 = family == .ipv4 ? (isReply ? 0 : 8) : (isReply ? 129 : 128)
            let rest = UInt32(conversation.clientPort) << 16 | UInt32(conversation.step)
            let message = PacketBuilder.ICMPMessage(
                type: chance(15) ? UInt8(number(20)) : type, code: 0, rest: rest, payload: payload())
            let transport: PacketBuilder.Transport = family == .ipv4 ? .icmp(message) : .icmpv6(message)
            return build(conversation, isReply) { _, _ in transport }
        default:
            conversations[index].step += 1
            // GRE version 0; translating to another destination, the kernel drops versions that it doesn't know.
            let words = [UInt8](repeating: 0, count: 12) + payload()
            return build(conversation, chance(2)) { _, _ in .other(conversation.transport, words) }
        }
    }

    /// Mostly the next segment of a handshake, a transfer, a close; sometimes any.
    private mutating func segment(_ index: Int) -> PacketBuilder {
        var conversation = conversations[index]
        defer { conversations[index] = conversation }
        var isReply = false
        var flags: TCPFlags = .ack
        var data: [UInt8] = []
        switch conversation.step {
        case 0: flags = .syn
        case 1: (isReply, flags) = (true, [.syn, .ack])
        case 2: break
        case 3..<8:
            isReply = chance(2)
            flags = [.ack, .psh]
            data = payload()
        case 8: flags = [.ack, .fin]
        case 9: (isReply, flags) = (true, [.ack, .fin])
        default: break
        }
        conversation.step += 1
        if chance(8) {
            flags = TCPFlags(rawValue: UInt8(number(64)))
            isReply = chance(2)
        }
        if chance(20) { conversation.step = 0 }
        if chance(20) { flags = .rst }
        var sequence = isReply ? conversation.sequences.1 : conversation.sequences.0
        let acknowledged = isReply ? conversation.sequences.0 : conversation.sequences.1
        let length = UInt32(data.count) + (flags.contains(.syn) ? 1 : 0) + (flags.contains(.fin) ? 1 : 0)
        if chance(15) {
            sequence &+= UInt32(number(1 << 20))
        } else if isReply {
            conversation.sequences.1 &+= length
        } else {
            conversation.sequences.0 &+= length
        }
        let options: [UInt8] = flags.contains(.syn) ? [2, 4, 5, 0xb4, 1, 3, 3, 7] : []
        return build(conversation, isReply) { from, to in
            .tcp(
                .init(
                    from: from, to: to, flags: flags, sequence: sequence,
                    acknowledgement: flags.contains(.ack) ? acknowledged : 0, options: options, payload: data)
            )
        }
    }

    private mutating func build(
        _ conversation: Conversation, _ isReply: Bool,
        _ transport: (UInt16, UInt16) -> PacketBuilder.Transport
    ) -> PacketBuilder {
        let (source, destination) =
            isReply ? (conversation.server, conversation.client) : (conversation.client, conversation.server)
        let (from, to) =
            isReply
            ? (conversation.serverPort, conversation.clientPort)
            : (conversation.clientPort, conversation.serverPort)
        var builder = PacketBuilder(
            source: IPAddress(family: family, bits: source),
            destination: IPAddress(family: family, bits: destination),
            transport(from, to))
        identification += 1
        builder.identification = identification
        return builder
    }

    private mutating func disturb(_ builder: inout PacketBuilder) {
        // The kernel fills in what its own sockets leave out.
        let isOwn = own.contains(builder.source.bits)
        if chance(5) { builder.trafficClass = pick([0x10, 0xb8, 0x04, 0x02]) }
        if chance(6) { builder.dontFragment = true }
        if chance(15), !isOwn { builder.hopLimit = pick([1, 2, 63, 255]) }
        if chance(25), !isOwn { builder.transportChecksum = UInt16(1 + number(65_000)) }
    }

    /// An error from the place that a packet went to, about that packet.
    private mutating func icmpError(about conversation: Conversation) -> Item? {
        guard let quoted = conversation.last else { return nil }
        let source = conversation.last.map { address($0, at: family == .ipv4 ? 16 : 24) } ?? 0
        let destination = address(quoted, at: family == .ipv4 ? 12 : 8)
        guard !own.contains(source) else { return nil }
        let kinds: [(UInt8, UInt8)] =
            family == .ipv4 ? [(3, 3), (3, 1), (11, 0), (3, 4)] : [(1, 4), (1, 0), (3, 0), (2, 0)]
        let (type, code) = pick(kinds)
        let message = PacketBuilder.ICMPMessage(
            type: type, code: code, rest: type == 2 ? 1280 : 0,
            payload: Array(quoted.prefix(pick([28, 48, 200]))))
        var builder = PacketBuilder(
            source: IPAddress(family: family, bits: source),
            destination: IPAddress(family: family, bits: destination),
            family == .ipv4 ? .icmp(message) : .icmpv6(message))
        identification += 1
        builder.identification = identification
        return Item(bytes: builder.bytes(), interface: interface(from: source))
    }

    private func address(_ bytes: [UInt8], at offset: Int) -> UInt128 {
        bytes[offset..<offset + family.bitWidth / 8].reduce(0) { $0 << 8 | UInt128($1) }
    }

    /// Two halves, in any order, or only one of them.
    private mutating func fragments(_ builder: PacketBuilder, _ interface: String?) -> [Item] {
        let header = family == .ipv4 ? 20 : 40
        let whole = Array(builder.bytes()[header...])
        let cut = 32
        func piece(_ range: Range<Int>, more: Bool) -> Item {
            var part = builder
            part.transport = .other(builder.transport.number, Array(whole[range]))
            part.fragmentOffset = UInt16(range.lowerBound / 8)
            part.moreFragments = more
            part.transportChecksum = nil
            return Item(bytes: part.bytes(), interface: interface)
        }
        var items = [piece(0..<cut, more: true), piece(cut..<whole.count, more: false)]
        if chance(2) { items.swapAt(0, 1) }
        if chance(6) { items.removeLast() }
        return items
    }

    private mutating func payload() -> [UInt8] {
        [UInt8](repeating: UInt8(number(256)), count: pick([0, 8, 20, 100, 400]))
    }
    private mutating func number(_ upper: Int) -> Int { Int.random(in: 0..<upper, using: &random) }
    private mutating func chance(_ one: Int) -> Bool { number(one) == 0 }
    private mutating func pick<Value>(_ values: [Value]) -> Value { values[number(values.count)] }
}
