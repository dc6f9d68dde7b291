import Diagnostics
import Packets

/// A rule while its table is read.
struct DraftRule {
    /// A match or target that the kernel takes at some hooks only.
    struct Restriction {
        let name: String
        let hooks: Set<Hook>
        let range: SourceRange
    }

    var rule: Rule
    /// The chain (an index in `TableDraft.chains`) to which it jumps or goes, and the place that says so.
    var jump: (chain: Int, range: SourceRange)?
    var restrictions: [Restriction] = []
}

/// A chain while its table is read.
struct ChainDraft {
    var name: String
    let hook: Hook?
    var policy: Chain.Policy?
    var counters = RuleCounters()
    var declaration: SourceRange?
    /// Whether `-X` took it away: then nothing is in it, and nothing jumps to it.
    var isDeleted = false
    /// How many rules jump or go to it.
    var references = 0
    /// Every rule that it ever had since it was last empty.
    private var written: [DraftRule] = []
    /// Indexes in `written`; nil while rules were only appended.
    private var order: InsertionOrder?
    /// For each of `written` the number of what it tests and does; nil until a command looks for a rule.
    private var contents: RuleContents?

    init(name: String, hook: Hook?, policy: Chain.Policy? = nil, declaration: SourceRange? = nil) {
        self.name = name
        self.hook = hook
        self.policy = policy
        self.declaration = declaration
    }

    var ruleCount: Int { order?.count ?? written.count }

    /// In the order of testing.
    var rules: [DraftRule] { order.map { $0.numbers.map { written[$0] } } ?? written }

    /// - Parameter position: under `ruleCount`.
    subscript(position: Int) -> DraftRule { written[order?[position] ?? position] }

    mutating func append(_ rule: DraftRule) {
        let end = ruleCount
        order?.insert(written.count, at: end)
        add(rule)
    }

    /// - Parameter position: from 0 to `ruleCount`.
    mutating func insert(_ rule: DraftRule, at position: Int) {
        let next = written.count
        if position < next, order == nil { order = InsertionOrder(count: next) }
        order?.insert(next, at: position)
        add(rule)
    }

    /// - Parameter position: under `ruleCount`.
    mutating func remove(at position: Int) -> DraftRule {
        var order = order ?? InsertionOrder(count: written.count)
        self.order = nil
        defer { self.order = order }
        return written[order.remove(at: position)]
    }

    /// - Parameter position: under `ruleCount`.
    mutating func replace(at position: Int, by rule: DraftRule) -> DraftRule {
        let old = remove(at: position)
        insert(rule, at: position)
        return old
    }

    mutating func removeAll() {
        written = []
        order = nil
        contents = nil
    }

    /// Zeroes one rule's counters, or everybody's.
    mutating func zeroCounters(at position: Int?) {
        if let position {
            written[order?[position] ?? position].rule.counters = RuleCounters()
            return
        }
        counters = RuleCounters()
        for index in written.indices { written[index].rule.counters = RuleCounters() }
    }

    private mutating func add(_ rule: DraftRule) {
        contents?.append(rule)
        written.append(rule)
    }

    /// The position of the first rule that tests and does the same, whatever its counters, and how many were looked at.
    mutating func firstPosition(of rule: DraftRule) -> (position: Int?, tested: Int) {
        if contents == nil {
            var contents = RuleContents()
            for rule in written { contents.append(rule) }
            self.contents = contents
        }
        guard let contents, let wanted = contents.number(of: rule) else { return (nil, 0) }
        if let order { return order.firstPosition { contents.numbers[$0] == wanted } }
        let position = contents.numbers.firstIndex(of: wanted)
        return (position, (position ?? written.count) + 1)
    }
}

/// What a rule tests and does, by which `-D` and `-C` find it.
struct RuleContent: Hashable {
    private let header: RuleHeader
    private let condition: Condition
    private let action: Action?
    private let jump: Int?
    private let isGoto: Bool
    /// Names and options of matches and target: rules of one meaning may differ in them.
    private let words: [String]

    init(_ draft: DraftRule) {
        header = draft.rule.header
        condition = draft.rule.condition
        jump = draft.jump?.chain
        var words: [String] = []
        for match in draft.rule.matches { words += [type(of: match).schema.name] + match.savedWords }
        switch draft.rule.target {
        case .none, .jump: (action, isGoto) = (nil, false)
        case .goto: (action, isGoto) = (nil, true)
        case .action(let target):
            (action, isGoto) = (target.action, false)
            words += [type(of: target).schema.name] + target.savedWords
        }
        self.words = words
    }
}

/// What a chain's rules test and do, numbered, so that equal ones are found without comparing rules.
private struct RuleContents {
    private var known: [RuleContent: Int32] = [:]
    /// In the order in which the rules were appended.
    private(set) var numbers: [Int32] = []

    mutating func append(_ rule: DraftRule) {
        let content = RuleContent(rule)
        let number = known[content] ?? Int32(known.count)
        known[content] = number
        numbers.append(number)
    }

    func number(of rule: DraftRule) -> Int32? { known[RuleContent(rule)] }
}
