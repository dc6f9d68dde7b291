import Packets
public import RuleModel

/// `-m rateest` (extensions/libxt_rateest.c; net/netfilter/xt_rateest.c).
public struct RateestMatch: Match {
    public static let schema = ExtensionSchema(
        "rateest",
        options: [
            OptionSpec("--rateest1", aliases: ["--rateest"]), OptionSpec("--rateest2"),
            OptionSpec("--rateest-bps1", argument: .optional),
            OptionSpec("--rateest-pps1", argument: .optional),
            OptionSpec("--rateest-bps2", aliases: ["--rateest-bps"], argument: .optional),
            OptionSpec("--rateest-pps2", aliases: ["--rateest-pps"], argument: .optional),
            OptionSpec("--rateest-delta", argument: .none),
            OptionSpec("--rateest-lt", argument: .none, negatable: true),
            OptionSpec("--rateest-gt", argument: .none, negatable: true),
            OptionSpec("--rateest-eq", argument: .none, negatable: true),
        ])

    /// `IFNAMSIZ`, without the zero behind the name.
    private static let longestName = 15

    private var test = RateTest()
    private var first = ""
    private var second: String?

    public init?(_ reader: inout OptionReader) {
        for option in reader.options { read(option, &reader) }
        if first.isEmpty {
            reader.error("rateest needs the name of an estimator, --rateest", at: reader.nameRange)
        }
        if !test.comparesBytes, !test.comparesPackets {
            reader.error(
                "rateest needs a rate to compare, --rateest-bps or --rateest-pps", at: reader.nameRange)
        }
        if !RateTest.Comparison.allCases.contains(where: { reader.option($0.rawValue) != nil }) {
            reader.error("one of --rateest-lt, --rateest-gt, --rateest-eq is needed", at: reader.nameRange)
        }
        if reader.hasErrors { return nil }
    }

    private mutating func read(_ option: ParsedOption, _ reader: inout OptionReader) {
        if let comparison = RateTest.Comparison(rawValue: option.name) {
            // Of several, the last counts, and every ! does.
            test.comparison = comparison
            test.isNegated = test.isNegated || option.isNegated
        }
        switch option.name {
        case "--rateest1": first = option.arguments[0].text.cut(toBytes: RateestMatch.longestName)
        case "--rateest2":
            second = option.arguments[0].text.cut(toBytes: RateestMatch.longestName)
            if second == "" { reader.error("no estimator has an empty name", at: option.range) }
        case "--rateest-delta": test.isDelta = true
        case "--rateest-bps1": test.bytes1 = rate(option, &reader)
        case "--rateest-bps2": test.bytes2 = rate(option, &reader)
        case "--rateest-pps1": test.packets1 = number(option, &reader)
        case "--rateest-pps2": test.packets2 = number(option, &reader)
        default: break
        }
        if option.name.hasPrefix("--rateest-bps") { test.comparesBytes = true }
        if option.name.hasPrefix("--rateest-pps") { test.comparesPackets = true }
    }

    private func number(_ option: ParsedOption, _ reader: inout OptionReader) -> UInt32 {
        guard let argument = option.arguments.first else { return 0 }
        let number = reader.number(argument, in: 0...UInt64(UInt32.max), what: "a rate of packets")
        return UInt32(number ?? 0)
    }

    private static let suffixes: [(name: String, bits: Double)] = [
        ("bit", 1), ("kibit", 1024), ("kbit", 1e3), ("mibit", 1_048_576), ("mbit", 1e6),
        ("gibit", 1_073_741_824), ("gbit", 1e9), ("tibit", 1_099_511_627_776), ("tbit", 1e12), ("bps", 8),
        ("kibps", 8192), ("kbps", 8e3), ("mibps", 8_388_608), ("mbps", 8e6), ("gibps", 8_589_934_592),
        ("gbps", 8e9), ("tibps", 8_796_093_022_208), ("tbps", 8e12),
    ]

    /// `rateest_get_rate`: a number as `strtod` reads it, and a unit, without which it is bits; the low 32 bits of the
    /// bytes a second.
    private func rate(_ option: ParsedOption, _ reader: inout OptionReader) -> UInt32 {
        guard let argument = option.arguments.first else { return 0 }
        let text = argument.text.lowercased()
        let unit = RateestMatch.suffixes.last {
            text.hasSuffix($0.name) && Double(text.dropLast($0.name.count)) != nil
        }
        guard let number = Double(text.dropLast(unit?.name.count ?? 0)) else {
            reader.error(
                "a rate is a number, then a unit as kbit, Mibit or MBps, or none for bits", at: argument.range
            )
            return 0
        }
        let bytes = number * (unit?.bits ?? 1) / 8
        guard abs(bytes) < 0x1p63 else { return 0 }
        let kept = UInt32(truncatingIfNeeded: Int64(bytes))
        if bytes >= 0x1p32 || bytes < 0 {
            reader.warning("iptables keeps 32 bits of this rate, \(kept) bytes a second", at: argument.range)
        }
        return kept
    }

    public var condition: Condition {
        let (test, first, second) = (test, first, second)
        let summary = "rateest " + savedWords.joined(separator: " ")
        return .history(
            HistoryTest(summary: summary) { memory in
                RateComparison(
                    test, .shared(first, memory), second.map { RateEstimator.shared($0, memory) })
            })
    }

    /// In the order of `rateest_save`.
    public var savedWords: [String] {
        var words: [String] = test.isDelta ? ["--rateest-delta"] : []
        words += savedOption(second == nil ? "--rateest" : "--rateest1", first)
        if test.comparesBytes {
            words += saved(
                "bps", RateestMatch.text(ofRate: test.bytes1), RateestMatch.text(ofRate: test.bytes2))
        }
        if test.comparesPackets { words += saved("pps", "\(test.packets1)", "\(test.packets2)") }
        if let second { words += savedOption("--rateest2", second) }
        return words
    }

    /// `__rateest_save_rate`
    private func saved(_ name: String, _ rate1: String, _ rate2: String) -> [String] {
        let comparison = savedOption(test.comparison.rawValue, isNegated: test.isNegated)
        if test.isDelta {
            return savedOption("--rateest-\(name)1", rate1) + comparison
                + savedOption("--rateest-\(name)2", rate2)
        }
        return comparison + ["--rateest-\(name)"] + (second == nil ? [rate2] : [])
    }

    /// `rateest_print_rate`: rounded to even, as C's `%.0f`.
    private static func text(ofRate bytes: UInt32) -> String {
        let bits = UInt64(bytes) * 8
        func rounded(_ unit: UInt64) -> UInt64 {
            let (whole, rest) = bits.quotientAndRemainder(dividingBy: unit)
            return rest * 2 > unit || rest * 2 == unit && whole & 1 == 1 ? whole + 1 : whole
        }
        if bits >= 1_000_000_000 { return "\(rounded(1_000_000))Mbit" }
        if bits >= 1_000_000 { return "\(rounded(1000))Kbit" }
        return "\(bits)bit"
    }
}

/// What one `rateest` compares.
struct RateTest: Sendable {
    enum Comparison: String, CaseIterable {
        case less = "--rateest-lt"
        case greater = "--rateest-gt"
        case equal = "--rateest-eq"
    }

    var comparison = Comparison.less
    var isNegated = false
    /// Whether not the rate is compared, but how much it lacks of one that is given.
    var isDelta = false
    var comparesBytes = false
    var comparesPackets = false
    /// Bytes and packets a second. Those with 1 are only for `isDelta`, those with 2 also for one estimator alone.
    var bytes1: UInt32 = 0
    var bytes2: UInt32 = 0
    var packets1: UInt32 = 0
    var packets2: UInt32 = 0
}

/// One occurrence of `rateest` (`xt_rateest_mt`); its memory are the estimators.
final class RateComparison: MatchHistory {
    private let test: RateTest
    private let first: RateEstimator
    private let second: RateEstimator?

    /// - Parameter second: nil to compare with given rates.
    init(_ test: RateTest, _ first: RateEstimator, _ second: RateEstimator?) {
        self.test = test
        self.first = first
        self.second = second
    }

    func answer(_ context: borrowing TestContext, _ bytes: RawSpan) -> TestAnswer {
        let time = context.metadata.timestamp
        let one = measured(first, test.bytes1, test.packets1, time)
        let other =
            second.map { measured($0, test.bytes2, test.packets2, time) }
            ?? (packets: UInt64(test.packets2), bytes: UInt64(test.bytes2))
        let holds =
            (!test.comparesBytes || compare(one.bytes, other.bytes))
            && (!test.comparesPackets || compare(one.packets, other.packets))
        return TestAnswer(holds != test.isNegated)
    }

    private func measured(
        _ estimator: RateEstimator, _ bytes: UInt32, _ packets: UInt32, _ time: Timestamp
    ) -> (packets: UInt64, bytes: UInt64) {
        let rates = estimator.rates(at: time)
        guard test.isDelta else { return rates }
        func missing(_ given: UInt32, _ rate: UInt64) -> UInt64 {
            UInt64(given) >= rate ? UInt64(given) - rate : 0
        }
        return (missing(packets, rates.packets), missing(bytes, rates.bytes))
    }

    private func compare(_ a: UInt64, _ b: UInt64) -> Bool {
        switch test.comparison {
        case .less: a < b
        case .greater: a > b
        case .equal: a == b
        }
    }
}
