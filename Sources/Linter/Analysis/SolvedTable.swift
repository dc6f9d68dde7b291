import Packets
import RuleModel
import Symbolic

/// A rule by the indices of its chain and itself in the table.
struct RuleIndex: Hashable {
    let chain: Int
    let rule: Int
}

/// The rules of a table as packet sets, solved once for all lints.
final class SolvedTable {
    struct RuleSets {
        /// The packets that come to the rule from any base chain, as they enter that.
        let reaching: PacketSet
        /// Those of them that meet its condition.
        let taking: PacketSet
        /// The packets that meet its condition, as they enter the chain.
        let matching: PacketSet
        /// The packets that would come to it if all entered its chain at the top.
        let within: PacketSet
        /// The packets whose headers are too short for its matches, which drop them on the spot.
        let cutShort: PacketSet
    }

    let table: Table
    let calls: ChainUse
    let space: PacketSpace
    let sets: TableSets
    /// By chain and rule; none for chains that no base chain leads to.
    let rules: [[RuleSets]]
    let anomalies: RuleAnomalies

    static let loopback = InterfacePattern(text: "lo", isPrefix: false)

    /// - Throws: if the rules exceed the budget for packet sets.
    init(_ table: Table, _ calls: ChainUse, family: AddressFamily) throws(TooComplex) {
        let space = PacketSpace(
            family: family, tables: [table],
            conditions: [
                .interface(.input, SolvedTable.loopback), .interface(.output, SolvedTable.loopback),
                .number(.connectionState, in: NumberSet(0)), .bits(.tcpFlags, mask: 0xff, value: 0),
                .number(.transportProtocol, in: NumberSet(6)),
            ])
        let sets = try TableSets(table, in: space)
        rules = table.chains.enumerated().map { index, chain in
            guard calls.isUsed[index] else { return [] }
            return chain.rules.indices.map { rule in
                let place = RulePlace(chain: chain.name, number: rule + 1)
                return RuleSets(
                    reaching: sets.reaching(place), taking: sets.taking(place), matching: sets.matching(place),
                    within: sets.reachingWithinChain(place), cutShort: sets.cutShort(by: place))
            }
        }
        self.table = table
        self.calls = calls
        self.space = space
        self.sets = sets
        anomalies = RuleAnomalies(table, calls, space, rules)
        if space.isTooComplex { throw TooComplex() }
    }

    func rule(_ index: RuleIndex) -> Rule { table.chains[index.chain].rules[index.rule] }
    func sets(_ index: RuleIndex) -> RuleSets { rules[index.chain][index.rule] }

    /// All rules of chains that are used, in the order of the table.
    var indexes: [RuleIndex] {
        rules.indices.flatMap { chain in rules[chain].indices.map { RuleIndex(chain: chain, rule: $0) } }
    }

    /// A packet of the set.
    /// - Parameter hook: where the set's packets are; nil where that is of no matter.
    func witness(_ set: PacketSet, at hook: Hook? = nil) -> Finding.Witness? {
        space.witness(of: set, at: hook).map { Finding.Witness($0.packet.description, where: $0.conditions) }
    }
}
