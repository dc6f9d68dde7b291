import Packets
import RuleModel
import Symbolic

/// Rules that accept all that is left, on a way from INPUT or FORWARD that asks nothing of a packet.
enum OpenAccepts {
    static func find(
        _ table: Table, _ calls: ChainUse, _ space: PacketSpace, _ rules: [[SolvedTable.RuleSets]]
    ) -> Set<RuleIndex> {
        guard table.kind == .filter else { return [] }
        var found: Set<RuleIndex> = []
        for hook in [Hook.input, .forward] {
            let all = space.packets(at: hook)
            guard let base = calls.indexes[hook.chainName] else { continue }
            var seen: Set<Int> = [base]
            var waiting = [base]
            while let chain = waiting.popLast() {
                for (index, rule) in table.chains[chain].rules.enumerated() {
                    let sets = rules[chain][index]
                    guard !space.isEmpty(sets.taking), space.isSubset(all, of: sets.matching) else { continue }
                    if rule.target.action == .accept { found.insert(RuleIndex(chain: chain, rule: index)) }
                    if let name = rule.target.chain, let target = calls.indexes[name],
                        seen.insert(target).inserted
                    {
                        waiting.append(target)
                    }
                }
            }
        }
        return found
    }
}
