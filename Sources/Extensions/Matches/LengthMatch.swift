public import RuleModel

/// `-m length` (extensions/libxt_length.c; net/netfilter/xt_length.c).
public struct LengthMatch: Match {
    public static let schema = ExtensionSchema(
        "length", options: [OptionSpec("--length", negatable: true, required: true)])

    private let low: UInt32
    private let high: UInt32
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--length"),
            let (low, high) = reader.numberRange(option.arguments[0], upTo: 0xffff, what: "a length")
        else { return nil }
        self.low = low
        self.high = high
        isNegated = option.isNegated
    }

    public var condition: Condition {
        .number(.length, in: NumberSet(from: low, through: high)).negated(if: isNegated)
    }

    public var savedWords: [String] { savedOption("--length", savedRange(low, high), isNegated: isNegated) }
}
