import AddressSets
public import RuleModel

/// `-m set`, revision 4 (extensions/libxt_set.c; `set_match_v4` in net/netfilter/xt_set.c).
public struct SetMatch: Match {
    public static let schema = ExtensionSchema(
        "set", evaluation: .needs("set"),
        options: [
            OptionSpec("--match-set", aliases: ["--set"], argument: .two, negatable: true, required: true),
            OptionSpec("--return-nomatch", argument: .none, repeatable: true),
            OptionSpec("--update-counters", argument: .none, negatable: true, repeatable: true),
            OptionSpec("--update-subcounters", argument: .none, negatable: true, repeatable: true),
            OptionSpec("--packets-eq", negatable: true), OptionSpec("--packets-lt"),
            OptionSpec("--packets-gt"),
            OptionSpec("--bytes-eq", negatable: true), OptionSpec("--bytes-lt"), OptionSpec("--bytes-gt"),
        ])

    private let set: SetReference
    private let lookup: SetLookup
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--match-set"), let set = SetReference(option, &reader) else {
            return nil
        }
        self.set = set
        isNegated = option.isNegated
        var lookup = SetLookup(set.directions)
        for option in reader.options {
            switch option.name {
            case "--return-nomatch": lookup.returnsNomatch = true
            case "--update-counters" where option.isNegated: lookup.updatesCounters = false
            case "--update-subcounters" where option.isNegated: lookup.updatesSubcounters = false
            default: break
            }
        }
        lookup.packets = SetMatch.test("packets", &reader)
        lookup.bytes = SetMatch.test("bytes", &reader)
        self.lookup = lookup
        if reader.hasErrors { return nil }
    }

    private static func test(_ counter: String, _ reader: inout OptionReader) -> CounterTest? {
        let names = ["eq", "lt", "gt"].map { "--\(counter)-\($0)" }
        guard let option = reader.atMostOne(of: names),
            let value = reader.number(option.arguments[0], in: 0...UInt64.max, what: "a counter"),
            let relation = CounterTest.Relation(rawValue: String(option.name.suffix(2)))
        else { return nil }
        return CounterTest(option.isNegated ? .notEqual : relation, value)
    }

    private var summary: String { "set " + (set.words + optionWords).joined(separator: " ") }

    public var narration: String? { (isNegated ? "not " : "") + summary }

    public var condition: Condition {
        guard let (sets, index) = set.found else {
            let test = FactTest(fact: "set:\(set.name)", summary: summary)
            return Condition.fact(test).negated(if: isNegated)
        }
        if !set.isChanged, let fixed = SetCondition(sets.sets[index], lookup) {
            return fixed.condition.negated(if: isNegated)
        }
        let lookup = lookup
        let test = HistoryTest(summary: summary) { memory in
            SetQuestion(memory.sets(sets), set: index, lookup)
        }
        return Condition.history(test).negated(if: isNegated)
    }

    public var savedWords: [String] {
        (isNegated ? ["!"] : []) + ["--match-set"] + set.words + optionWords
    }

    private var optionWords: [String] {
        var words: [String] = []
        if lookup.returnsNomatch { words += savedOption("--return-nomatch") }
        if !lookup.updatesCounters { words += savedOption("--update-counters", isNegated: true) }
        if !lookup.updatesSubcounters { words += savedOption("--update-subcounters", isNegated: true) }
        for (name, test) in [("packets", lookup.packets), ("bytes", lookup.bytes)] {
            guard let test else { continue }
            let isNot = test.relation == .notEqual
            let option = "--\(name)-\(isNot ? "eq" : test.relation.rawValue)"
            words += savedOption(option, "\(test.value)", isNegated: isNot)
        }
        return words
    }
}

/// One rule's view of the sets.
final class SetQuestion: MatchHistory {
    private let sets: SetMemory
    private let set: Int
    private let lookup: SetLookup

    init(_ sets: SetMemory, set: Int, _ lookup: SetLookup) {
        self.sets = sets
        self.set = set
        self.lookup = lookup
    }

    func answer(_ context: borrowing TestContext, _ bytes: RawSpan) -> TestAnswer {
        TestAnswer(sets.test(set, lookup, context.packet, context.metadata))
    }
}
