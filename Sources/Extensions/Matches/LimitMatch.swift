public import RuleModel

/// `-m limit` (extensions/libxt_limit.c; net/netfilter/xt_limit.c).
public struct LimitMatch: Match {
    public static let schema = ExtensionSchema(
        "limit", options: [OptionSpec("--limit"), OptionSpec("--limit-burst")])

    /// The rate's unit of time is a second by this (`XT_LIMIT_SCALE`).
    private static let scale: UInt32 = 10_000
    private static let defaultBurst: UInt32 = 5

    /// The time for one packet, in seconds / `scale`.
    private let period: UInt32
    private let burst: UInt32

    public init?(_ reader: inout OptionReader) {
        // Three packets an hour, unless told otherwise (`XT_LIMIT_AVG`).
        var period = 3600 * LimitMatch.scale / 3
        if let option = reader.option("--limit") {
            guard let given = LimitMatch.period(option.arguments[0], &reader) else { return nil }
            period = given
        }
        var burst = LimitMatch.defaultBurst
        if let option = reader.option("--limit-burst") {
            guard let number = reader.number(option.arguments[0], in: 1...10_000, what: "a burst") else {
                return nil
            }
            burst = UInt32(number)
        }
        guard TokenBucket.credits(period &* burst) >= TokenBucket.credits(period) else {
            reader.error(
                "the kernel's numbers overflow with so large a burst at so low a rate",
                at: reader.option("--limit-burst")?.range ?? reader.nameRange)
            return nil
        }
        self.period = period
        self.burst = burst
    }

    public var condition: Condition {
        let (period, burst) = (period, burst)
        return .history(
            HistoryTest(summary: "limit \(rate) burst \(burst)") { _ in
                TokenBucket(period: period, burst: burst)
            }
        )
    }

    public var savedWords: [String] {
        let words = savedOption("--limit", rate)
        return burst == LimitMatch.defaultBurst ? words : words + savedOption("--limit-burst", "\(burst)")
    }

    private static let units: [(name: String, seconds: UInt32)] = [
        ("second", 1), ("minute", 60), ("hour", 3600), ("day", 86_400),
    ]

    /// `parse_rate`: a number as `atoi` reads it, a slash, the beginning of a unit's name.
    private static func period(_ argument: Argument, _ reader: inout OptionReader) -> UInt32? {
        let parts = argument.text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var seconds: UInt32 = 1
        if parts.count == 2 {
            guard !parts[1].isEmpty,
                let unit = units.first(where: { $0.name.hasPrefix(ignoringCase: String(parts[1])) })
            else {
                reader.error(
                    "a rate is a number, then /second, /minute, /hour or /day or a beginning of these",
                    at: argument.range)
                return nil
            }
            seconds = unit.seconds
        }
        let count = leadingNumber(parts[0])
        guard count != 0 else {
            reader.error("a rate begins with a number greater than 0", at: argument.range)
            return nil
        }
        let period = scale * seconds / count
        guard period > 0 else {
            reader.error("at most \(scale) packets a second can be counted", at: argument.range)
            return nil
        }
        return period
    }

    /// `atoi`, as an unsigned number: what follows the digits is ignored.
    private static func leadingNumber(_ text: Substring) -> UInt32 {
        var rest = text.utf8.drop { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        var value: Int64 = 0
        for byte in rest {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
            let (product, tooBig) = value.multipliedReportingOverflow(by: 10)
            let (sum, stillTooBig) = product.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            if tooBig || stillTooBig { return UInt32(truncatingIfNeeded: isNegative ? Int64.min : Int64.max) }
            value = sum
        }
        return UInt32(truncatingIfNeeded: isNegative ? -value : value)
    }

    /// `print_rate`: the longest unit of time that loses nothing to speak of.
    private var rate: String {
        let rates: [(name: String, period: UInt32)] = [
            ("day", 86_400 * LimitMatch.scale), ("hour", 3600 * LimitMatch.scale),
            ("min", 60 * LimitMatch.scale),
            ("sec", LimitMatch.scale),
        ]
        var chosen = rates[0]
        for rate in rates.dropFirst() {
            if period > rate.period || rate.period / period < rate.period % period { break }
            chosen = rate
        }
        return "\(chosen.period / period)/\(chosen.name)"
    }
}
