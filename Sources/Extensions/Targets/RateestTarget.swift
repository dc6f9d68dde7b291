import Packets
public import RuleModel

/// `-j RATEEST` (extensions/libxt_RATEEST.c; net/netfilter/xt_RATEEST.c).
public struct RateestTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "RATEEST",
        options: [
            OptionSpec("--rateest-name", required: true), OptionSpec("--rateest-interval", required: true),
            OptionSpec("--rateest-ewmalog", required: true),
        ])

    private let name: String
    /// The interval of measuring is 1/4 s shifted left by this: 0 to 5.
    private let intervalLog: UInt8
    /// The weight of the newest measurement is 1 / 2^averageLog: 1 to 30.
    private let averageLog: UInt8

    public init?(_ reader: inout OptionReader) {
        guard let name = reader.option("--rateest-name")?.arguments[0],
            let interval = RateestTarget.microseconds("--rateest-interval", &reader),
            let constant = RateestTarget.microseconds("--rateest-ewmalog", &reader)
        else { return nil }
        self.name = name.text.cut(toBytes: 15)
        guard let log = (0...5).first(where: { interval <= UInt32(250_000) << $0 }) else {
            reader.error(
                "an interval is at most 8 s", at: reader.option("--rateest-interval")?.range ?? name.range)
            return nil
        }
        intervalLog = UInt8(log)
        guard let average = RateestTarget.averageLog(interval, constant), average > 0, average < 31 else {
            reader.error(
                "a time constant must be longer than 1.44 intervals",
                at: reader.option("--rateest-ewmalog")?.range ?? name.range)
            return nil
        }
        averageLog = average
    }

    /// How many halvings of the weight bring the average's time constant to what is asked for.
    private static func averageLog(_ interval: UInt32, _ constant: UInt32) -> UInt8? {
        for log in 1..<32 {
            // 1 / -ln(1 - w) for w = 1 / 2^log, by its series: 1/w - 1/2 - w/12 - w^2/24 …
            let weight = 1 / Double(UInt32(1) << log)
            let periods = -1 / naturalLogarithm(of: 1 - weight)
            if Double(interval) * periods > Double(constant) { return UInt8(log - 1) }
        }
        return 31
    }

    /// For numbers from 1/2 up to 1, not 1 itself, by the series of the inverse hyperbolic tangent.
    private static func naturalLogarithm(of number: Double) -> Double {
        let ratio = (number - 1) / (number + 1)
        var power = ratio
        var sum = 0.0
        for index in stride(from: 1.0, through: 41.0, by: 2.0) {
            sum += power / index
            power *= ratio * ratio
        }
        return 2 * sum
    }

    /// A number as `strtod` reads it, and a unit; without one microseconds (`RATEEST_get_time`).
    private static func microseconds(_ option: String, _ reader: inout OptionReader) -> UInt32? {
        guard let argument = reader.option(option)?.arguments[0] else { return nil }
        let text = argument.text.lowercased()
        let numberEnd = text.lastIndex { $0.isASCII && $0.isNumber || $0 == "." }.map {
            text.index(after: $0)
        }
        let unit = text[(numberEnd ?? text.startIndex)...]
        let factor: Double? =
            switch unit {
            case "s", "sec", "secs": 1_000_000
            case "ms", "msec", "msecs": 1000
            case "", "us", "usec", "usecs": 1
            default: nil
            }
        guard let numberEnd, let factor, let number = Double(text[..<numberEnd]), number >= 0,
            let microseconds = UInt64(exactly: (number * factor).rounded(.towardZero))
        else {
            reader.error("\"\(argument.text)\" is no time such as 250ms or 1.5s", at: argument.range)
            return nil
        }
        if microseconds > UInt64(UInt32.max) {
            reader.warning(
                "iptables counts microseconds in 32 bits, which this time overflows", at: argument.range)
        }
        return UInt32(truncatingIfNeeded: microseconds)
    }

    public var action: Action {
        let (name, intervalLog, averageLog) = (name, intervalLog, averageLog)
        let details = savedWords.joined(separator: " ")
        return .memory(
            HistoryAction(summary: "measure the rate of packets: \(details)") { memory in
                let estimator = RateEstimator.shared(name, memory)
                estimator.configure(intervalLog: intervalLog, averageLog: averageLog)
                return MeasuredPackets(estimator)
            })
    }

    public var savedWords: [String] {
        let interval = UInt64(250_000) << UInt64(intervalLog)
        // `iptables-save` counts in 32 bits.
        let constant = UInt64(UInt32(truncatingIfNeeded: interval << UInt64(averageLog)))
        return savedOption("--rateest-name", savedWord(name))
            + savedOption("--rateest-interval", RateestTarget.text(interval))
            + savedOption("--rateest-ewmalog", RateestTarget.text(constant))
    }

    /// With one decimal (`RATEEST_print_time`).
    private static func text(_ microseconds: UInt64) -> String {
        guard microseconds >= 1000 else { return "\(microseconds)us" }
        let (unit, suffix): (UInt64, String) = microseconds >= 1_000_000 ? (1_000_000, "s") : (1000, "ms")
        let tenths = (microseconds * 10 + unit / 2) / unit
        return "\(tenths / 10).\(tenths % 10)\(suffix)"
    }
}

/// One occurrence of `RATEEST` (`xt_rateest_tg`); its memory is the estimator.
final class MeasuredPackets: TargetHistory {
    private let estimator: RateEstimator

    init(_ estimator: RateEstimator) { self.estimator = estimator }

    func act(_ context: borrowing TestContext, _ bytes: RawSpan) -> UInt32? {
        estimator.count(context.packet.totalLength, at: context.metadata.timestamp)
        return nil
    }
}
