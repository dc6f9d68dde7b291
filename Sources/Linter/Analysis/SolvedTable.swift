import Packets
import RuleModel
import Symbolic

/// A rule by the indices of its chain and itself in the table.
struct RuleIndex: Hashable, Comparable {
    let chain: Int
    let rule: Int

    static func < (a: RuleIndex, b: RuleIndex) -> Bool { (a.chain, a.rule) < (b.chain, b.rule) }
}

/// The rules of a table as packet sets, solved once for all lints.
final class SolvedTable {
    let facts: RuleFacts
    let anomalies: RuleAnomalies
    private var witnessCount = 0

    /// Each is a search; after so many, nobody reads them.
    private static let mostWitnesses = 200

    /// - Throws: if the rules exceed the budget for packet sets.
    init(_ table: Table, _ calls: ChainUse, family: AddressFamily) throws(TooComplex) {
        facts = try RuleFacts(table, calls, family: family)
        anomalies = RuleAnomalies(facts)
        if facts.space.isTooComplex { throw TooComplex() }
    }

    var space: PacketSpace { facts.space }
    var sets: TableSets { facts.sets }

    /// The packets that come to a rule and meet its condition.
    func taking(_ index: RuleIndex) -> PacketSet { sets.taking(facts.place(index)) }

    /// The packets that a rule would match, of those that enter its chain if there are such.
    func wanted(_ index: RuleIndex) -> PacketSet {
        let matching = facts.rules[index.chain][index.rule].matching
        let entering = space.intersection(matching, facts.entering[index.chain])
        guard space.isEmpty(entering) else { return entering }
        return space.intersection(
            matching, space.union(facts.calls.hooks[index.chain]
                    .sorted { $0.rawValue < $1.rawValue }.map { space.packets(at: $0) }))
    }

    /// A packet of the set; nil for an empty one, and for further ones after many.
    /// - Parameter hook: where the set's packets are; nil where that is of no matter.
    func witness(_ set: PacketSet, at hook: Hook? = nil) -> Finding.Witness? {
        guard witnessCount < SolvedTable.mostWitnesses else { return nil }
        witnessCount += 1
        return space.witness(of: set, at: hook).map { Finding.Witness($0.packet.description, where: $0.conditions) }
    }
}
