import Packets
import TestSupport

/// Packets of conversations through, to and from a firewall: whole ones with answers, and everything that goes wrong.
///
///     198.51.100.7, .8 ─ … ─ eth0 192.0.2.1 firewall 10.0.0.1 eth1 ─ 10.0.0.5, .6
struct RandomTraffic {
    var random: SeededGenerator
    let family: AddressFamily
    var conversations: [Conversation] = []
    var identification: UInt32 = 1000
    var fragmentIdentification: UInt32 = 0
    /// Whose packet came last, and whether it was an answer.
    private var current: (conversation: Int, isReply: Bool)?

    init(random: SeededGenerator, family: AddressFamily) {
        self.random = random
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
    private var loopback: UInt128 { family == .ipv4 ? 0x7f00_0001 : 1 }
    private var own: [UInt128] {
        (family == .ipv4
            ? [0xc000_0201, 0x0a00_0001] : [0x2001_0db8 << 96 | 1, 0x2001_0db8_0001 << 80 | 1]) + [loopback]
    }

    func isOwn(_ address: UInt128) -> Bool {
        own.contains(address) || isLoopback(address)
    }

    func isLoopback(_ address: UInt128) -> Bool {
        family == .ipv4 ? address >> 24 == 0x7f : address == loopback
    }

    /// Whether an address is in the network behind eth1.
    private func isInside(_ address: UInt128) -> Bool {
        family == .ipv4 ? address >> 8 == 0x0a_0000 : address >> 64 == 0x2001_0db8_0001_0000
    }

    /// Where packets with this source come in; nil for the host's own.
    func interface(from source: UInt128) -> String? {
        isOwn(source) ? nil : isInside(source) ? "eth1" : "eth0"
    }

    // MARK: Packets

    /// One packet, or the fragments of one.
    mutating func next() -> [TrafficItem] {
        current = nil
        if conversations.isEmpty || chance(4) { open() }
        let index = number(conversations.count)
        if chance(12), let item = icmpError(about: conversations[index]) { return [item] }
        if chance(40) { return [stray()] }
        var builder: PacketBuilder
        if chance(20), let again = conversations[index].retransmission {
            builder = again
        } else {
            builder = packet(index)
            conversations[index].retransmission = builder
        }
        // Nobody hears of the other end's loopback address.
        if !isOwn(builder.source.bits), isLoopback(builder.destination.bits) { return [] }
        current = (index, builder.source.bits != conversations[index].client.address)
        let isOdd = disturb(&builder)
        let interface = interface(from: builder.source.bits)
        if !builder.dontFragment, chance(10), !isOdd, let pieces = fragments(builder, interface) {
            return pieces
        }
        var bytes = builder.bytes()
        if chance(80), interface != nil { cut(&bytes) }
        conversations[index].last = bytes
        var item = TrafficItem(bytes, interface: interface)
        if chance(12) { item.source = MACAddress(bits: 0x0200_0000_00fd) }
        return [item]
    }

    /// Tells what the firewall made of the packet that came last.
    mutating func learn(_ outcome: [UInt8]) {
        guard let current, conversations.indices.contains(current.conversation) else { return }
        if current.isReply {
            conversations[current.conversation].last = outcome
        } else {
            conversations[current.conversation].learn(outcome, family)
        }
    }

    private mutating func open() {
        let places = outside + inside + own
        let client = pick(places)
        var server = pick(places)
        while server == client && !isOwn(client) || sameSide(client, server)
            || (client == loopback) != (server == loopback)
        {
            server = pick(places)
        }
        let icmp: IPProtocol = family == .ipv4 ? .icmp : .icmpv6
        var transport: IPProtocol = pick([
            .tcp, .tcp, .tcp, .tcp, .udp, .udp, icmp, icmp, .gre, .sctp, .sctp, .udpLite, .dccp, .esp, .ah,
        ])
        // No socket of the host's own sends DCCP.
        if transport == .dccp, isOwn(client) || isOwn(server) { transport = .udp }
        let isICMP = transport == icmp
        let port = chance(25) ? 0 : UInt16(1024 + number(3000))
        let service: UInt16 = isICMP ? port : pick([80, 80, 53, 443, 22, 8080, chance(4) ? 0 : 2049])
        conversations.append(
            Conversation(
                transport, client: .init(address: client, port: port),
                server: .init(address: server, port: service),
                sequences: (UInt32(number(1 << 30)), UInt32(number(1 << 30)))))
        if conversations.count > 6 { conversations.removeFirst() }
    }

    /// Neighbours don't talk through the firewall.
    private func sameSide(_ a: UInt128, _ b: UInt128) -> Bool {
        (outside.contains(a) && outside.contains(b)) || (inside.contains(a) && inside.contains(b))
    }

    func build(
        _ conversation: Conversation, _ isReply: Bool, _ transport: PacketBuilder.Transport
    ) -> PacketBuilder {
        let (from, to) = conversation.ends(isReply: isReply)
        return PacketBuilder(
            source: IPAddress(family: family, bits: from.address),
            destination: IPAddress(family: family, bits: to.address), transport)
    }

    /// A packet of no conversation: to a group, or from where it can't come.
    private mutating func stray() -> TrafficItem {
        let isIPv4 = family == .ipv4
        let groups: [(address: UInt128, mac: UInt64)] =
            isIPv4
            ? [
                (0xc000_02ff, 0xffff_ffff_ffff), (0xffff_ffff, 0xffff_ffff_ffff),
                (0xe000_0001, 0x0100_5e00_0001),
            ] : [(0xff02 << 112 | 1, 0x3333_0000_0001)]
        let target = pick(groups)
        let toGroup = !chance(3)
        // An address of the host's own that comes from outside is no good source.
        let source = toGroup ? pick(outside + [isIPv4 ? 0xc000_0209 : 0x2001_0db8 << 96 | 9]) : own[0]
        var builder = PacketBuilder(
            source: IPAddress(family: family, bits: source),
            destination: IPAddress(family: family, bits: toGroup ? target.address : inside[0]),
            .udp(.init(from: 2000, to: 53, payload: payload())))
        identification += 1
        builder.identification = identification
        var item = TrafficItem(builder.bytes(), interface: "eth0")
        if toGroup { item.group = MACAddress(bits: target.mac) }
        return item
    }

    mutating func payload() -> [UInt8] {
        switch number(5) {
        case 0: Array("GET /index.html HTTP/1.1\r\nHost: example.org\r\n\r\n".utf8)
        default:
            [UInt8](repeating: pick([0x61, 0, UInt8(number(256))]), count: pick([0, 8, 20, 100, 400, 1200]))
        }
    }

    mutating func number(_ upper: Int) -> Int { Int.random(in: 0..<upper, using: &random) }
    mutating func chance(_ one: Int) -> Bool { number(one) == 0 }
    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(values.count)] }
}
