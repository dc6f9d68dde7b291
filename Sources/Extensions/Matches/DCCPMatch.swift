import Packets
public import RuleModel

/// `-m dccp` (extensions/libxt_dccp.c; net/netfilter/xt_dccp.c; RFC 4340, 5).
public struct DCCPMatch: Match {
    public static let schema = ExtensionSchema(
        "dccp", protocols: [.dccp],
        options: [
            OptionSpec("--source-port", aliases: ["--sport"], negatable: true),
            OptionSpec("--destination-port", aliases: ["--dport"], negatable: true),
            OptionSpec("--dccp-types", negatable: true),
            OptionSpec("--dccp-option", negatable: true),
        ])

    /// By type number; the last stands for all from 10 on.
    private static let types = [
        "REQUEST", "RESPONSE", "DATA", "ACK", "DATAACK", "CLOSEREQ", "CLOSE", "RESET", "SYNC", "SYNCACK",
        "INVALID",
    ]

    private var source: PortTest?
    private var destination: PortTest?
    /// A bit for each type.
    private var types: Negatable<UInt16>?
    private var option: Negatable<UInt8>?

    public init?(_ reader: inout OptionReader) {
        source = DCCPMatch.ports("--source-port", &reader)
        destination = DCCPMatch.ports("--destination-port", &reader)
        if let option = reader.option("--dccp-types") {
            types = DCCPMatch.types(option.arguments[0], &reader).map {
                Negatable($0, isNegated: option.isNegated)
            }
        }
        if let option = reader.option("--dccp-option") {
            let kind = reader.number(option.arguments[0], in: 1...255, what: "a DCCP option")
            self.option = kind.map { Negatable(UInt8($0), isNegated: option.isNegated) }
        }
        if reader.hasErrors { return nil }
    }

    private static func ports(_ name: String, _ reader: inout OptionReader) -> PortTest? {
        guard let option = reader.option(name), let (low, high) = reader.portRange(option.arguments[0], .any)
        else { return nil }
        return PortTest(low: low, high: high, isNegated: option.isNegated)
    }

    private static func types(_ argument: Argument, _ reader: inout OptionReader) -> UInt16? {
        var bits: UInt16 = 0
        for piece in argument.pieces(separator: ",") where !piece.text.isEmpty {
            guard let type = types.firstIndex(of: piece.text.uppercased()) else {
                reader.error(
                    "unknown DCCP type \"\(piece.text)\"; there is \(types.joined(separator: ", "))",
                    at: piece.range)
                return nil
            }
            bits |= type == types.count - 1 ? 0xfc00 : 1 << UInt16(type)
        }
        if bits == 0 { reader.warning("no packet is of no type", at: argument.range) }
        return bits
    }

    public var condition: Condition {
        var parts: [Condition] = [.upperHeader("DCCP", length: 12)]
        parts += source?.conditions(.sourcePort) ?? []
        parts += destination?.conditions(.destinationPort) ?? []
        if let types {
            let test = PacketTest(summary: "DCCP type \(DCCPMatch.list(types.value))") { context, bytes in
                let type = DCCPMatch.type(IPBytes(context.packet, bytes), bytes)
                return TestAnswer(types.value >> UInt16(type ?? 15) & 1 == 1)
            }
            parts.append(Condition.packet(test).negated(if: types.isNegated))
        }
        if let option {
            let test = PacketTest(summary: "DCCP option \(option.value)") { context, bytes in
                DCCPMatch.find(option.value, IPBytes(context.packet, bytes), bytes)
            }
            parts.append(Condition.packet(test).negated(if: option.isNegated))
        }
        return .all(parts)
    }

    private static func type(_ ip: IPBytes, _ bytes: RawSpan) -> UInt8? {
        ip.byte(at: ip.transportOffset + 8, bytes).map { $0 >> 1 & 15 }
    }

    /// `dccp_find_option`. A packet whose header says that it is longer than the packet is dropped.
    private static func find(_ option: UInt8, _ ip: IPBytes, _ bytes: RawSpan) -> TestAnswer {
        let start = ip.transportOffset
        guard let dataOffset = ip.byte(at: start + 4, bytes), let word = ip.byte(at: start + 8, bytes) else {
            return .hotdrop
        }
        // `__dccp_hdr_len`: long sequence numbers, and what the type adds.
        var fixed = word & 1 != 0 ? 16 : 12
        switch word >> 1 & 15 {
        case 0: fixed += 4
        case 2: break
        case 3, 4, 5, 6, 8, 9: fixed += 8
        default: fixed += 12
        }
        let end = start + Int(dataOffset) * 4
        var offset = start + fixed
        guard offset <= end else { return .hotdrop }
        if offset == end { return .fails }
        guard ip.byte(at: end - 1, bytes) != nil else { return .hotdrop }
        while offset < end {
            guard let kind = ip.byte(at: offset, bytes) else { return .hotdrop }
            if kind == option { return .holds }
            if kind < 2 || offset == end - 1 {
                offset += 1
            } else {
                offset += max(1, Int(ip.byte(at: offset + 1, bytes) ?? 1))
            }
        }
        return .fails
    }

    private static func list(_ bits: UInt16) -> String {
        types.indices.filter { bits >> UInt16($0) & 1 == 1 }.map { types[$0] }.joined(separator: ",")
    }

    public var savedWords: [String] {
        var words: [String] = []
        for (name, test) in [("--sport", source), ("--dport", destination)] {
            guard let test else { continue }
            words += savedOption(name, savedRange(test.low, test.high), isNegated: test.isNegated)
        }
        if let types {
            words += savedOption("--dccp-types", DCCPMatch.list(types.value), isNegated: types.isNegated)
        }
        if let option {
            words += savedOption("--dccp-option", "\(option.value)", isNegated: option.isNegated)
        }
        return words
    }
}
