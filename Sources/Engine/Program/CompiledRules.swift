public import Packets
public import RuleModel

/// A rule set as a program that `MatchEngine` runs, for all tables of one family.
///
/// The program is one array of instructions, rule behind rule, and a few side arrays for operands that don't
/// fit into an instruction; nothing in it is a reference, and running it allocates nothing.
public struct CompiledRules: Sendable {
    public let ruleSet: RuleSet
    /// Whether any condition or action asks for connection tracking; it is off for a family whose rules don't
    /// (the nat table alone doesn't switch it on).
    public let needsConntrack: Bool

    let code: [Instruction]
    /// Where each rule's instructions begin, by `RuleID`; they end where the next one's begin.
    let starts: [UInt32]
    /// The base chains, by `entryIndex`; nil where the rule set lacks the table.
    let entries: [Entry?]
    let ranges: [WordRange]
    let addresses: [AddressOperands]
    let histories: [HistoryTest]
    let packetTests: [PacketTest]
    /// The names of facts that tests ask for and nobody gave, by the bits of `TraversalResult.missingFacts`.
    public let facts: [String]
    let effects: [Action]
    /// The most callers that can be waiting for a user chain to return.
    let maximumDepth: Int
    private(set) var interfaceSets: [InterfaceSet]
    private let chains: [ChainPlace]

    /// The first rule of a base chain, and its policy.
    struct Entry: BitwiseCopyable {
        var first: UInt32
        var policy: UInt32
    }

    struct WordRange: BitwiseCopyable {
        var low: UInt32
        var span: UInt32
    }

    /// Value and mask, or lower and upper bound.
    struct AddressOperands: BitwiseCopyable {
        var first: UInt128
        var second: UInt128
    }

    /// Where a chain's rules are.
    struct ChainPlace: Sendable {
        var first: UInt32
        var table: Int
        var chain: Int
    }

    init(_ ruleSet: RuleSet, _ program: consuming ProgramBuilder.Program) {
        self.ruleSet = ruleSet
        code = program.code
        starts = program.starts
        entries = program.entries
        ranges = program.ranges
        addresses = program.addresses
        histories = program.histories
        packetTests = program.packetTests
        facts = program.facts
        effects = program.effects
        interfaceSets = program.interfaceSets
        chains = program.chains
        maximumDepth = program.maximumDepth
        needsConntrack = program.needsConntrack
    }

    public var family: AddressFamily { ruleSet.family }

    /// How many rules and chain ends there are: ids are `0..<ruleCount`.
    public var ruleCount: Int { starts.count }

    static func entryIndex(_ table: TableKind, _ hook: Hook) -> Int {
        let kind =
            switch table {
            case .raw: 0
            case .mangle: 1
            case .nat: 2
            case .filter: 3
            case .security: 4
            }
        return kind * 5 + Int(hook.rawValue)
    }

    /// Takes in interfaces that the rules' patterns (`eth+`) were not yet matched with.
    mutating func admit(_ interfaces: InterfaceTable) {
        for index in interfaceSets.indices { interfaceSets[index].extend(to: interfaces) }
    }

    // MARK: - What is behind a RuleID

    public func location(of id: RuleID) -> RuleLocation {
        let place = place(of: id)
        let chain = ruleSet.tables[place.table].chains[place.chain]
        let offset = Int(id.index - place.first)
        let isRule = offset < chain.rules.count
        return RuleLocation(
            table: ruleSet.tables[place.table].kind, chain: chain.name, hook: chain.hook,
            number: isRule ? offset + 1 : nil, line: isRule ? chain.rules[offset].line : nil,
            position: offset + 1)
    }

    /// The rule, or nil for the end of a chain.
    public func rule(_ id: RuleID) -> Rule? {
        let place = place(of: id)
        let rules = ruleSet.tables[place.table].chains[place.chain].rules
        let offset = Int(id.index - place.first)
        return offset < rules.count ? rules[offset] : nil
    }

    /// The id of a rule; the end of the chain is behind its last rule.
    /// - Parameters:
    ///   - number: from 1 to one more than there are rules.
    public func id(table: TableKind, chain: String, number: Int) -> RuleID? {
        for place in chains {
            guard ruleSet.tables[place.table].kind == table else { continue }
            let candidate = ruleSet.tables[place.table].chains[place.chain]
            guard candidate.name == chain else { continue }
            guard number >= 1, number <= candidate.rules.count + 1 else { return nil }
            return RuleID(index: place.first + UInt32(number - 1))
        }
        return nil
    }

    /// The leaf condition of a rule that a trace names: leaves count from 0 in the order of testing.
    public func leaf(_ number: Int, of id: RuleID) -> Condition? {
        var left = number
        return rule(id)?.condition.leaf(&left)
    }

    /// The match of a rule that has the leaf; nil if the header has it.
    public func match(ofLeaf number: Int, of id: RuleID) -> (any Match)? {
        guard let rule = rule(id), case .all(let parts) = rule.condition else { return nil }
        var left = number
        for (index, part) in parts.enumerated() where part.leaf(&left) != nil {
            let match = index - (parts.count - rule.matches.count)
            return match >= 0 ? rule.matches[match] : nil
        }
        return nil
    }

    private func place(of id: RuleID) -> ChainPlace {
        precondition(id.index < UInt32(starts.count))
        var low = 0
        var high = chains.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if chains[middle].first <= id.index { low = middle } else { high = middle - 1 }
        }
        return chains[low]
    }
}

extension Condition {
    /// Counts leaves down in the order of testing; nil when there are fewer.
    fileprivate func leaf(_ left: inout Int) -> Condition? {
        switch self {
        case .always: return nil
        case .not(let condition): return condition.leaf(&left).map { .not($0) }
        case .all(let parts), .any(let parts):
            for part in parts {
                if let found = part.leaf(&left) { return found }
            }
            return nil
        default:
            left -= 1
            return left < 0 ? self : nil
        }
    }
}
