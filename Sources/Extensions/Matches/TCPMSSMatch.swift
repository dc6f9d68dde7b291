import Packets
public import RuleModel

/// `-m tcpmss` (extensions/libxt_tcpmss.c; net/netfilter/xt_tcpmss.c). A packet without the option matches if the test
/// is negated.
public struct TCPMSSMatch: Match {
    public static let schema = ExtensionSchema(
        "tcpmss", protocols: [.tcp], options: [OptionSpec("--mss", negatable: true, required: true)])

    private let low: UInt32
    private let high: UInt32
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--mss"),
            let (low, high) = reader.numberRange(
                option.arguments[0], upTo: 0xffff, what: "a segment size", mayBeReversed: false)
        else { return nil }
        self.low = low
        self.high = high
        isNegated = option.isNegated
    }

    public var condition: Condition {
        .all([
            .header(.tcpOptions),
            .number(.tcpMaximumSegmentSize, in: NumberSet(low...high)).negated(if: isNegated),
        ])
    }

    public var savedWords: [String] { savedOption("--mss", savedRange(low, high), isNegated: isNegated) }
}
