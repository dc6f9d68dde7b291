import Packets
public import RuleModel

/// `-m tos`, revision 1 (extensions/libxt_tos.c, tos_values.c; `tos_mt` in net/netfilter/xt_dscp.c).
public struct TOSMatch: Match {
    public static let schema = ExtensionSchema(
        "tos", options: [OptionSpec("--tos", negatable: true, required: true)])

    private static let names: [(name: String, value: UInt8)] = [
        ("Minimize-Delay", 0x10), ("Maximize-Throughput", 0x08), ("Maximize-Reliability", 0x04),
        ("Minimize-Cost", 0x02), ("Normal-Service", 0x00),
    ]
    /// All but the two bits of ECN.
    private static let maskOfNames: UInt8 = 0x3f

    private let value: UInt8
    private let mask: UInt8
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--tos") else { return nil }
        let argument = option.arguments[0]
        isNegated = option.isNegated
        var scanner = NumberScanner(argument.text)
        if let number = scanner.number().flatMap(UInt8.init(exactly:)) {
            value = number
            if scanner.isAtEnd {
                mask = .max
                return
            }
            guard scanner.take("/"), let mask = scanner.number().flatMap(UInt8.init(exactly:)),
                scanner.isAtEnd
            else {
                reader.error("behind a TOS may follow a slash and a mask, both up to 255", at: argument.range)
                return nil
            }
            self.mask = mask
            if value & ~mask != 0 {
                reader.warning(
                    "bits are wanted that the mask hides, so no packet has them", at: argument.range)
            }
            return
        }
        guard let found = TOSMatch.names.first(where: { $0.name.lowercased() == argument.text.lowercased() })
        else {
            reader.error(
                "unknown TOS \"\(argument.text)\"; there is \(TOSMatch.names.map(\.name).joined(separator: ", "))",
                at: argument.range)
            return nil
        }
        value = found.value
        mask = TOSMatch.maskOfNames
    }

    public var condition: Condition {
        .bits(.trafficClass, mask: UInt32(mask), value: UInt32(value)).negated(if: isNegated)
    }

    public var savedWords: [String] {
        savedOption("--tos", "\(savedByte(value))/\(savedByte(mask))", isNegated: isNegated)
    }
}
