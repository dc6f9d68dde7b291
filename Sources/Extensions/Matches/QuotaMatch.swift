import Packets
public import RuleModel

/// `-m quota` (extensions/libxt_quota.c; net/netfilter/xt_quota.c).
public struct QuotaMatch: Match {
    public static let schema = ExtensionSchema(
        "quota", options: [OptionSpec("--quota", negatable: true, required: true)])

    private let bytes: UInt64
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--quota"),
            let bytes = reader.number(option.arguments[0], in: 0...UInt64.max, what: "a quota in bytes")
        else { return nil }
        self.bytes = bytes
        isNegated = option.isNegated
    }

    public var condition: Condition {
        let bytes = bytes
        return Condition.history(HistoryTest(summary: "quota \(bytes) bytes") { _ in ByteQuota(bytes) })
            .negated(if: isNegated)
    }

    public var savedWords: [String] { savedOption("--quota", "\(bytes)", isNegated: isNegated) }
}

/// The memory of one `quota` (`quota_mt`): a packet that doesn't fit uses up the rest.
final class ByteQuota: MatchHistory {
    private var rest: UInt64

    init(_ bytes: UInt64) { rest = bytes }

    func answer(_ context: borrowing TestContext, _ bytes: RawSpan) -> TestAnswer {
        let length = UInt64(context.packet.totalLength)
        guard rest >= length else {
            rest = 0
            return .fails
        }
        rest -= length
        return .holds
    }
}
