public import RuleModel

/// `-m mark` (extensions/libxt_mark.c; `mark_mt` in net/netfilter/xt_mark.c).
public struct MarkMatch: Match {
    public static let schema = ExtensionSchema(
        "mark", options: [OptionSpec("--mark", negatable: true, required: true)])

    private let value: UInt32
    private let mask: UInt32
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--mark"),
            let (value, mask) = reader.valueAndMask(option.arguments[0], what: "a mark")
        else { return nil }
        self.value = value
        self.mask = mask
        isNegated = option.isNegated
    }

    public var condition: Condition { .bits(.mark, mask: mask, value: value).negated(if: isNegated) }
    public var savedWords: [String] { savedOption("--mark", savedMark(value, mask), isNegated: isNegated) }
}
