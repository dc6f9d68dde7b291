public import RuleModel

/// `-m limit` (extensions/libxt_limit.c; net/netfilter/xt_limit.c).
public struct LimitMatch: Match {
    public static let schema = ExtensionSchema(
        "limit", options: [OptionSpec("--limit"), OptionSpec("--limit-burst")])

    /// The rate's unit of time is a second by this (`XT_LIMIT_SCALE`).
    private static let scale: UInt32 = 10_000
    private static let defaultBurst: UInt32 = 5
    /// Of the kernel that checks the rule: what most distributions take.
    private static let ticksPerSecond: UInt32 = 250

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
        guard
            TokenBucket.credits(period &* burst, LimitMatch.ticksPerSecond)
                >= TokenBucket.credits(period, LimitMatch.ticksPerSecond)
        else {
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
            HistoryTest(summary: "limit \(rate) burst \(burst)") { memory in
                TokenBucket(
                    period: period, burst: burst, clock: .shared(memory),
                    ticksPerSecond: memory.ticksPerSecond)
            })
    }

    public var savedWords: [String] {
        let words = savedOption("--limit", rate)
        return burst == LimitMatch.defaultBurst ? words : words + savedOption("--limit-burst", "\(burst)")
    }

    /// `parse_rate`: a number as `atoi` reads it, a slash, the beginning of a unit's name.
    private static func period(_ argument: Argument, _ reader: inout OptionReader) -> UInt32? {
        let parts = argument.text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var seconds: UInt32 = 1
        if parts.count == 2 {
            guard !parts[1].isEmpty,
                let unit = RateUnit.all.first(where: { $0.name.hasPrefix(ignoringCase: String(parts[1])) })
            else {
                reader.error(
                    "a rate is a number, then /second, /minute, /hour or /day or a beginning of these",
                    at: argument.range)
                return nil
            }
            seconds = unit.seconds
        }
        let count = UInt32(truncatingIfNeeded: leadingInteger(parts[0]))
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

    private var rate: String {
        let (number, unit) = RateUnit.printed(period: UInt64(period), scale: UInt64(LimitMatch.scale))
        return "\(number)/\(unit.shortName)"
    }
}
