import RuleModel
import Symbolic

/// Finds the earlier rules that take the packets a rule would match. What comes to the rules of a chain becomes less
/// from each to the next, so each taker is found by halving.
struct TakerSearch {
    let table: Table
    let calls: ChainUse
    let space: PacketSpace
    let rules: [[SolvedTable.RuleSets]]

    /// More takers than this make no better explanation.
    private static let mostTakers = 64
    private static let deepestCall = 32

    /// The rules that keep a rule's packets from it, in its chain; else in chains that call its chain.
    func takers(of index: RuleIndex) -> [RuleIndex] {
        let sets = rules[index.chain][index.rule]
        let left = space.intersection(sets.matching, sets.within)
        if space.isEmpty(left) { return takers(of: sets.matching, in: index.chain, before: index.rule) }
        var found: [RuleIndex] = []
        var seen: Set<Int> = [index.chain]
        var waiting = [(chain: index.chain, packets: left)]
        while let (chain, packets) = waiting.popLast() {
            for call in calls.calls[chain] where found.count < TakerSearch.mostTakers {
                guard calls.isUsed[call.caller] else { continue }
                let caller = rules[call.caller][call.rule]
                let wanted = space.intersection(packets, caller.matching)
                if space.isEmpty(wanted) { continue }
                let rest = space.intersection(wanted, caller.within)
                let taken = space.subtracting(rest, from: wanted)
                for taker in takers(of: taken, in: call.caller, before: call.rule) where !found.contains(taker) {
                    found.append(taker)
                }
                if !space.isEmpty(rest), seen.insert(call.caller).inserted {
                    waiting.append((call.caller, rest))
                }
            }
        }
        return found
    }

    /// - Parameter packets: all of them are gone before the rule at `end`.
    private func takers(of packets: PacketSet, in chain: Int, before end: Int) -> [RuleIndex] {
        var found: [RuleIndex] = []
        var rest = packets
        while !space.isEmpty(rest), found.count < TakerSearch.mostTakers {
            let behind = firstIndex(end + 1) { !space.isSubset(rest, of: rules[chain][$0].within) }
            guard behind > 0, behind <= end else { break }
            let remaining = space.intersection(rest, rules[chain][behind].within)
            let taken = space.subtracting(remaining, from: rest)
            append(takersInside(RuleIndex(chain: chain, rule: behind - 1), taken, depth: 0), to: &found)
            rest = remaining
        }
        return found
    }

    private func append(_ takers: [RuleIndex], to found: inout [RuleIndex]) {
        for taker in takers where !found.contains(taker) { found.append(taker) }
    }

    /// A rule that took packets; if it calls a chain, those rules of it that did.
    private func takersInside(_ index: RuleIndex, _ packets: PacketSet, depth: Int) -> [RuleIndex] {
        let target = table.chains[index.chain].rules[index.rule].target
        guard let name = target.chain, let chain = calls.indexes[name], depth < TakerSearch.deepestCall,
            !rules[chain].isEmpty
        else { return [index] }
        var found: [RuleIndex] = []
        var rest = packets
        let count = rules[chain].count
        while !space.isEmpty(rest), found.count < TakerSearch.mostTakers {
            let behind = firstIndex(count) { !space.isSubset(rest, of: rules[chain][$0].within) }
            guard behind > 0 else { return [index] }
            let remaining =
                behind < count ? space.intersection(rest, rules[chain][behind].within) : space.nothing
            let taken = space.subtracting(remaining, from: rest)
            let last = RuleIndex(chain: chain, rule: behind - 1)
            // What a goto'd chain gives back is taken by the goto.
            if behind == count, target.isGoto, !space.isSubset(taken, of: rules[chain][behind - 1].matching) {
                return [index]
            }
            append(takersInside(last, taken, depth: depth + 1), to: &found)
            rest = remaining
        }
        return found
    }

    /// The one rule that takes all that comes to a rule: itself, or the last one of the chain that it calls.
    func innermostTaker(_ index: RuleIndex) -> RuleIndex {
        let takers = takersInside(index, rules[index.chain][index.rule].within, depth: 0)
        return takers.count == 1 ? takers[0] : index
    }
}
