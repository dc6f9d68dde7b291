import Packets
public import RuleModel

/// `-m tos`, revision 1 (extensions/libxt_tos.c; `tos_mt` in net/netfilter/xt_dscp.c).
public struct TOSMatch: Match {
    public static let schema = ExtensionSchema(
        "tos", options: [OptionSpec("--tos", negatable: true, required: true)])

    private let value: UInt8
    private let mask: UInt8
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--tos"),
            let (value, mask) = reader.serviceAndMask(option.arguments[0])
        else { return nil }
        if value & ~mask != 0 {
            reader.warning(
                "bits are wanted that the mask hides, so no packet has them", at: option.arguments[0].range)
        }
        self.value = value
        self.mask = mask
        isNegated = option.isNegated
    }

    public var condition: Condition {
        .bits(.trafficClass, mask: UInt32(mask), value: UInt32(value)).negated(if: isNegated)
    }

    public var savedWords: [String] {
        savedOption("--tos", "\(savedByte(value))/\(savedByte(mask))", isNegated: isNegated)
    }
}
