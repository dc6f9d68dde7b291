import Packets
import RuleModel
import Symbolic

/// Rules that accept all that is left, on a way from INPUT or FORWARD that asks nothing of a packet.
enum OpenAccepts {
    static func find(_ facts: RuleFacts) -> Set<RuleIndex> {
        guard facts.table.kind == .filter else { return [] }
        var found: Set<RuleIndex> = []
        for hook in [Hook.input, .forward] {
            guard let base = facts.calls.indexes[hook.chainName] else { continue }
            let all = facts.entering[base]
            var seen: Set<Int> = [base]
            var waiting = [base]
            while let chain = waiting.popLast() {
                for (index, sets) in facts.rules[chain].enumerated() where facts.isLive[chain][index] {
                    let target = facts.table.chains[chain].rules[index].target
                    let called = target.chain.flatMap { facts.calls.indexes[$0] }
                    guard target.action == .accept || called != nil,
                        facts.space.isSubset(all, of: sets.matching, among: all)
                    else { continue }
                    if let called {
                        if seen.insert(called).inserted { waiting.append(called) }
                    } else {
                        found.insert(RuleIndex(chain: chain, rule: index))
                    }
                }
            }
        }
        return found
    }
}
