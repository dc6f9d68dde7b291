import Packets

extension RandomTraffic {
    /// What the header says besides, right or wrong. The kernel fills in what its own sockets leave out.
    /// - Returns: whether its headers aren't plain, so that it isn't to be cut to fragments.
    mutating func disturb(_ builder: inout PacketBuilder) -> Bool {
        let isOwn = isOwn(builder.source.bits)
        if chance(5) { builder.trafficClass = pick([0x10, 0xb8, 0x04, 0x02, 0x03]) }
        if chance(6) { builder.dontFragment = true }
        guard !isOwn else { return false }
        if chance(15) { builder.hopLimit = pick([1, 2, 63, 255]) }
        if chance(25) {
            builder.transportChecksum = UInt16(1 + number(65_000))
            return true
        }
        if chance(120), family == .ipv4 { builder.headerChecksum = UInt16(number(65_536)) }
        if chance(15) { return family == .ipv4 ? addOptions(&builder) : addExtensions(&builder) }
        return false
    }

    private mutating func addOptions(_ builder: inout PacketBuilder) -> Bool {
        builder.ipv4Options = pick([
            [0x94, 4, 0, 0], [1, 1, 1, 0], [1], [0x82, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ])
        return true
    }

    private mutating func addExtensions(_ builder: inout PacketBuilder) -> Bool {
        let hop = PacketBuilder.Extension(0, body: pick([[1, 4, 0, 0, 0, 0], [5, 2, 0, 0, 1, 0]]))
        let destination = PacketBuilder.Extension(60, body: pick([[1, 4], [30, 4, 1, 2, 3, 4]]))
        let routing = PacketBuilder.Extension(
            43, body: [pick([0, 2, 4]), UInt8(number(2)), 0, 0, 0, 0] + [UInt8](repeating: 0, count: 16))
        let authentication = PacketBuilder.Extension(
            51, body: [0, 0, 0, 0, UInt8(1 + number(2)), 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 12))
        builder.extensionHeaders = pick([
            [hop], [destination], [hop, destination], [routing], [authentication], [destination, routing],
            [hop, routing, destination],
        ])
        return true
    }

    /// Cuts the upper layer's header, and says so in the IP header.
    mutating func cut(_ bytes: inout [UInt8]) {
        let header = family == .ipv4 ? Int(bytes[0] & 0xf) * 4 : 40
        let length = header + pick([0, 1, 3, 4, 7, 8, 12])
        guard length < bytes.count else { return }
        bytes.removeLast(bytes.count - length)
        if family == .ipv6 {
            (bytes[4], bytes[5]) = (0, UInt8(length - 40))
            return
        }
        (bytes[2], bytes[3]) = (0, UInt8(length))
        (bytes[10], bytes[11]) = (0, 0)
        let sum = ~InternetChecksum.fold(InternetChecksum.sum(bytes.span.bytes, from: 0, count: header))
        (bytes[10], bytes[11]) = (UInt8(sum >> 8), UInt8(sum & 0xff))
    }

    /// Pieces of a packet, in order or not, whole or not; nil if there is too little of it.
    mutating func fragments(_ builder: PacketBuilder, _ interface: String?) -> [TrafficItem]? {
        // Fragments that the host sends to itself come back as fragments, and each goes its own way.
        if isOwn(builder.source.bits), isOwn(builder.destination.bits) { return nil }
        let whole = Array(builder.bytes()[(family == .ipv4 ? 20 : 40)...])
        guard whole.count > 24 else { return nil }
        fragmentIdentification += 1
        let count = min(2 + number(3), whole.count / 8)
        var cuts = Set((1..<count).map { _ in 8 * (1 + number((whole.count - 1) / 8)) }).sorted()
        cuts = [0] + cuts + [whole.count]
        var pieces: [Range<Int>] = zip(cuts, cuts.dropFirst()).map { $0..<$1 }
        switch number(10) {
        case 0: pieces.reverse()
        case 1: pieces.shuffle(using: &random)
        case 2: pieces.insert(pick(pieces), at: number(pieces.count + 1))
        case 3: pieces.remove(at: number(pieces.count))
        case 4:
            // One that begins before the end of the last but one.
            let last = pieces.count - 1
            if pieces[last].lowerBound >= 16 {
                pieces[last] = pieces[last].lowerBound - 8..<pieces[last].upperBound
            }
        default: break
        }
        return pieces.map { range in
            var part = builder
            part.transport = .other(builder.transport.number, Array(whole[range]))
            part.fragmentOffset = UInt16(range.lowerBound / 8)
            part.moreFragments = range.upperBound < whole.count
            part.transportChecksum = nil
            part.identification = fragmentIdentification
            return TrafficItem(fragment: part, interface: interface)
        }
    }

    /// An error about a packet, from where it went or from a router on the way.
    mutating func icmpError(about conversation: Conversation) -> TrafficItem? {
        guard let quoted = conversation.last, quoted.count >= 48 else { return nil }
        let target = address(quoted, at: family == .ipv4 ? 16 : 24)
        let source = address(quoted, at: family == .ipv4 ? 12 : 8)
        let router: UInt128 = family == .ipv4 ? 0xcb00_7101 : 0x2001_0db8_00aa << 80 | 1
        let place = !isOwn(target) && interface(from: target) == "eth0" && chance(3) ? router : target
        guard !isOwn(place), source != 0, !isLoopback(source) else { return nil }
        let kinds: [(UInt8, UInt8)] =
            family == .ipv4
            ? [(3, 3), (3, 1), (11, 0), (3, 4), (12, 0), (4, 0)]
            : [(1, 4), (1, 0), (3, 0), (2, 0), (4, 1), (1, 5)]
        let (type, code) = pick(kinds)
        var payload = Array(quoted.prefix(pick([28, 48, 56, 200, 600])))
        if chance(10) { payload[family == .ipv4 ? 12 : 8] ^= 1 }
        let message = PacketBuilder.ICMPMessage(
            type: type, code: code, rest: family == .ipv6 && type == 2 ? 1280 : 0, payload: payload)
        var builder = PacketBuilder(
            source: IPAddress(family: family, bits: place),
            destination: IPAddress(family: family, bits: source),
            family == .ipv4 ? .icmp(message) : .icmpv6(message))
        identification += 1
        builder.identification = identification
        return TrafficItem(builder.bytes(), interface: interface(from: place))
    }

    private func address(_ bytes: [UInt8], at offset: Int) -> UInt128 {
        bytes[offset..<offset + family.bitWidth / 8].reduce(0) { $0 << 8 | UInt128($1) }
    }
}
