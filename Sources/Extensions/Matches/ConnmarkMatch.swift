public import RuleModel

/// `-m connmark` (extensions/libxt_connmark.c; `connmark_mt` in net/netfilter/xt_connmark.c). Without a connection it
/// fails, negated or not.
public struct ConnmarkMatch: Match {
    public static let schema = ExtensionSchema(
        "connmark", options: [OptionSpec("--mark", negatable: true, required: true)])

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

    public var condition: Condition {
        .all([
            .hasConnection,
            .bits(.connectionMark, mask: mask, value: value).negated(if: isNegated),
        ])
    }

    public var savedWords: [String] { savedOption("--mark", savedMark(value, mask), isNegated: isNegated) }
}
