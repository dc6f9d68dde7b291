import Packets
import RuleModel
import Symbolic

/// The packet sets of a table's rules, and which rules packets come to.
final class RuleFacts {
    let table: Table
    let calls: ChainUse
    let space: PacketSpace
    let sets: TableSets
    /// By chain and rule; none for chains that no base chain leads to.
    let rules: [[RuleSets]]
    /// For each chain the packets that enter it, as they entered the base chain.
    let entering: [PacketSet]
    /// Behind this rule of each chain nothing comes any more: the index of the first rule that nothing comes to.
    private(set) var ends: [Int] = []
    /// For each rule whether some packet comes to it and meets its condition.
    private(set) var isLive: [[Bool]] = []

    /// Several questions for each of 20,000 rules; a minute.
    private static let budget = ComplexityBudget(nodes: 24 << 20, steps: 1_500_000_000)
    static let loopback = InterfacePattern(text: "lo", isPrefix: false)

    init(_ table: Table, _ calls: ChainUse, family: AddressFamily) throws(TooComplex) {
        let space = PacketSpace(
            family: family, tables: [table],
            conditions: [.interface(.input, RuleFacts.loopback), .interface(.output, RuleFacts.loopback)],
            budget: RuleFacts.budget)
        let sets = try TableSets(table, in: space)
        self.table = table
        self.calls = calls
        self.space = space
        self.sets = sets
        rules = table.chains.indices.map { calls.isUsed($0) ? sets.rules(of: table.chains[$0].name) : [] }
        entering = table.chains.map { chain in
            if let hook = chain.hook { return space.packets(at: hook) }
            return chain.rules.isEmpty
                ? space.nothing : sets.reaching(RulePlace(chain: chain.name, number: 1))
        }
        ends = rules.indices.map { chain in
            firstIndex(rules[chain].count) { !isReached(RuleIndex(chain: chain, rule: $0)) }
        }
        isLive = rules.indices.map { chain in
            rules[chain].indices.map { $0 < ends[chain] && isMatched(RuleIndex(chain: chain, rule: $0)) }
        }
    }

    func place(_ index: RuleIndex) -> RulePlace {
        RulePlace(chain: table.chains[index.chain].name, number: index.rule + 1)
    }

    func rule(_ index: RuleIndex) -> Rule { table.chains[index.chain].rules[index.rule] }

    /// All rules of chains that are used, in the order of the table.
    var indexes: [RuleIndex] {
        rules.indices.flatMap { chain in rules[chain].indices.map { RuleIndex(chain: chain, rule: $0) } }
    }

    /// Marks may have changed on the way to a user chain that reads them.
    private func needsWay(_ chain: Int) -> Bool {
        table.chains[chain].hook == nil && sets.readsChanges(table.chains[chain].name)
    }

    private func isReached(_ index: RuleIndex) -> Bool {
        if needsWay(index.chain) { return !space.isEmpty(sets.reaching(place(index))) }
        let reaching = rules[index.chain][index.rule].reaching
        return space.meet(entering[index.chain], reaching, reaching)
    }

    private func isMatched(_ index: RuleIndex) -> Bool {
        if needsWay(index.chain) { return !space.isEmpty(sets.taking(place(index))) }
        let sets = rules[index.chain][index.rule]
        return space.meet(entering[index.chain], sets.reaching, sets.matching)
    }

    // Sets of `RuleSets` hold what no packet is, too; these look at packets alone.

    func isEmpty(_ set: PacketSet) -> Bool { !space.meet(set, set, space.everything) }
    func isSubset(_ a: PacketSet, of b: PacketSet) -> Bool {
        space.isSubset(a, of: b, among: space.everything)
    }
}
