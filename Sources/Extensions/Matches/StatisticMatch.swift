import Packets
public import RuleModel

/// `-m statistic` (extensions/libxt_statistic.c; net/netfilter/xt_statistic.c).
public struct StatisticMatch: Match {
    public static let schema = ExtensionSchema(
        "statistic",
        options: [
            OptionSpec("--mode"), OptionSpec("--probability", negatable: true),
            OptionSpec("--every", negatable: true), OptionSpec("--packet"),
        ])

    private enum Mode: Sendable {
        /// In units of 2⁻³¹.
        case random(probability: UInt32)
        case nth(every: UInt32, first: UInt32)
    }

    private let mode: Mode
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        let mode = reader.option("--mode")?.arguments[0]
        guard ["random", "nth", nil].contains(mode?.text) else {
            reader.error("a mode is random or nth", at: mode?.range ?? reader.nameRange)
            return nil
        }
        let unwanted = mode?.text == "nth" ? ["--probability"] : ["--every", "--packet"]
        if let option = reader.options.first(where: { unwanted.contains($0.name) }) {
            reader.error("\(option.name) belongs to the other mode", at: option.range)
            return nil
        }
        if mode?.text == "nth" {
            guard let test = StatisticMatch.nth(&reader) else { return nil }
            self.mode = test
            isNegated = reader.option("--every")?.isNegated ?? false
            return
        }
        guard mode != nil, let option = reader.option("--probability") else {
            reader.error(
                "statistic needs --mode and, when that is random, --probability", at: reader.nameRange)
            return nil
        }
        guard let probability = StatisticMatch.probability(option.arguments[0], &reader) else { return nil }
        self.mode = .random(probability: probability)
        isNegated = option.isNegated
        reader.warning(
            "chance is drawn from a seed; the kernel may choose other packets", at: option.range)
    }

    private static func nth(_ reader: inout OptionReader) -> Mode? {
        guard let every = reader.option("--every"), let packet = reader.option("--packet") else {
            reader.error("the mode nth needs --every and --packet", at: reader.nameRange)
            return nil
        }
        guard
            let count = reader.number(
                every.arguments[0], in: 1...UInt64(UInt32.max), what: "a number of packets"),
            let first = reader.number(packet.arguments[0], in: 0...count - 1, what: "the first packet")
        else { return nil }
        return .nth(every: UInt32(count), first: UInt32(first))
    }

    /// A number as `strtod` reads it, as `lround(2³¹ · x)`.
    private static func probability(_ argument: Argument, _ reader: inout OptionReader) -> UInt32? {
        guard let number = Double(argument.text), number >= 0, number <= 1 else {
            reader.error("a probability is a number between 0 and 1", at: argument.range)
            return nil
        }
        return UInt32((number * 0x8000_0000).rounded(.toNearestOrAwayFromZero))
    }

    public var condition: Condition {
        let test =
            switch mode {
            case .random(let probability):
                HistoryTest(summary: "chance of \(StatisticMatch.decimal(probability))") { memory in
                    RepeatableChance(probability: probability, .shared(memory))
                }
            case .nth(let every, let first):
                HistoryTest(summary: "every \(every) packets from packet \(first)") { _ in
                    PacketTurn(every: every, first: first)
                }
            }
        return Condition.history(test).negated(if: isNegated)
    }

    public var savedWords: [String] {
        switch mode {
        case .random(let probability):
            savedOption("--mode", "random")
                + savedOption("--probability", StatisticMatch.decimal(probability), isNegated: isNegated)
        case .nth(let every, let first):
            savedOption("--mode", "nth") + savedOption("--every", "\(every)", isNegated: isNegated)
                + savedOption("--packet", "\(first)")
        }
    }

    /// As `%.11f` prints it.
    private static func decimal(_ probability: UInt32) -> String {
        let product = UInt128(probability) * 100_000_000_000
        let (rest, half): (UInt128, UInt128) = (product & 0x7fff_ffff, 0x4000_0000)
        let whole = product >> 31
        let rounded = whole + (rest > half || rest == half && whole & 1 == 1 ? 1 : 0)
        let fraction = String(rounded % 100_000_000_000)
        return "\(rounded / 100_000_000_000)." + String(repeating: "0", count: 11 - fraction.count) + fraction
    }
}

/// The memory of `--mode nth` (`statistic_mt`).
final class PacketTurn: MatchHistory {
    private let every: UInt32
    private var count: UInt32

    init(every: UInt32, first: UInt32) {
        self.every = every
        count = first == 0 ? 0 : every - first
    }

    func answer(_ context: borrowing TestContext, _ bytes: RawSpan) -> TestAnswer {
        defer { count = count + 1 == every ? 0 : count + 1 }
        return TestAnswer(count == 0)
    }
}

/// The memory of `--mode random`.
final class RepeatableChance: MatchHistory {
    private let probability: UInt32
    private let lots: Lots

    /// - Parameter probability: in units of 2⁻³¹.
    init(probability: UInt32, _ lots: Lots) {
        self.probability = probability
        self.lots = lots
    }

    func answer(_ context: borrowing TestContext, _ bytes: RawSpan) -> TestAnswer {
        TestAnswer(lots.draw() >> 1 < probability)
    }
}
