/// The keys of the `key=value` words.
enum DescriptionKey: String, CaseIterable {
    case `in`, out, state, ttl, tos, id, frag, mark, mac, dmac, seq, ack, win, len, length

    func read(
        _ value: DescriptionWord, into packet: inout PacketDescription
    ) throws(PacketDescriptionError) {
        switch self {
        case .in: packet.inInterface = try DescriptionKey.interface(value)
        case .out: packet.outInterface = try DescriptionKey.interface(value)
        case .state: packet.state = try DescriptionKey.state(value)
        case .ttl: packet.hopLimit = try DescriptionKey.number(value, 0...255)
        case .tos: packet.trafficClass = try DescriptionKey.number(value, 0...255)
        case .id:
            packet.identification = try DescriptionKey.number(
                value, 0...(packet.family == .ipv4 ? 0xffff : .max))
        case .frag: try DescriptionKey.fragment(value, into: &packet)
        case .mark: packet.mark = try DescriptionKey.number(value, 0 ... .max)
        case .mac: packet.sourceMAC = try DescriptionKey.macAddress(value)
        case .dmac: packet.destinationMAC = try DescriptionKey.macAddress(value)
        case .seq: packet.tcpSequence = try DescriptionKey.number(value, 0 ... .max)
        case .ack: packet.tcpAcknowledgement = try DescriptionKey.number(value, 0 ... .max)
        case .win: packet.tcpWindow = try DescriptionKey.number(value, 0...65535)
        case .len, .length: packet.totalLength = try DescriptionKey.number(value, 0...UInt32(65535 + 40))
        }
        let isForTCP = self == .seq || self == .ack || self == .win
        if isForTCP && packet.transportProtocol != .tcp { throw value.error("only TCP has '\(rawValue)'") }
    }

    /// Decimal, or hexadecimal with 0x.
    static func number<Number: FixedWidthInteger & UnsignedInteger>(
        _ word: DescriptionWord, _ range: ClosedRange<Number>
    ) throws(PacketDescriptionError) -> Number {
        let isHexadecimal = word.text.hasPrefix("0x") || word.text.hasPrefix("0X")
        let digits = isHexadecimal ? String(word.text.dropFirst(2)) : word.text
        guard digits.first != "+", let value = Number(digits, radix: isHexadecimal ? 16 : 10),
            range.contains(value)
        else {
            throw word.error("'\(word.text)' is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A kernel interface name: 1 to 15 bytes without '/' (`dev_valid_name`).
    private static func interface(_ word: DescriptionWord) throws(PacketDescriptionError) -> String {
        let isValid =
            (1...15).contains(word.text.utf8.count) && !word.text.utf8.contains(UInt8(ascii: "/"))
            && word.text != "." && word.text != ".."
        guard isValid else { throw word.error("'\(word.text)' is no interface name (1 to 15 characters)") }
        return word.text
    }

    private static func state(_ word: DescriptionWord) throws(PacketDescriptionError) -> ConnectionState {
        let wanted = word.text.uppercased()
        if let state = ConnectionState.allCases.first(where: { $0.name == wanted }) { return state }
        throw word.error(
            "unknown connection state '\(word.text)'",
            suggestion: Spelling.closest(to: wanted, among: ConnectionState.allCases.map(\.name)))
    }

    private static func macAddress(_ word: DescriptionWord) throws(PacketDescriptionError) -> MACAddress {
        guard let address = MACAddress(word.text) else {
            throw word.error("'\(word.text)' is no MAC address (aa:bb:cc:dd:ee:ff)")
        }
        return address
    }

    /// `OFFSET` or `OFFSET+`.
    private static func fragment(
        _ word: DescriptionWord, into packet: inout PacketDescription
    ) throws(PacketDescriptionError) {
        var digits = word
        packet.moreFragments = word.text.hasSuffix("+")
        if packet.moreFragments { digits.text.removeLast() }
        let offset: UInt32 = try number(digits, 0...65528)
        guard offset % 8 == 0 else { throw word.error("a fragment's offset is a multiple of 8 bytes") }
        packet.fragmentOffset = UInt16(offset / 8)
    }
}
