import RuleModel
import Symbolic

/// Finds the earlier rules that take the packets a rule would match. What comes to the rules of a chain becomes less
/// from each to the next, so each taker is found by halving.
struct TakerSearch {
    let facts: RuleFacts

    /// More takers than this make no better explanation.
    private static let mostTakers = 64
    private static let deepestCall = 32

    /// The rules that keep a rule's packets from it, in its chain; else in chains that call its chain.
    func takers(of index: RuleIndex) -> [RuleIndex] {
        let sets = facts.rules[index.chain][index.rule]
        let left = facts.space.intersection(sets.matching, sets.reaching)
        if facts.isEmpty(left) { return takers(of: sets.matching, in: index.chain, before: index.rule) }
        var found: [RuleIndex] = []
        var seen: Set<Int> = [index.chain]
        var waiting = [(chain: index.chain, packets: left)]
        while let (chain, packets) = waiting.popLast() {
            for call in facts.calls.calls[chain] where facts.calls.isUsed(call.caller) {
                let caller = facts.rules[call.caller][call.rule]
                let wanted = facts.space.intersection(packets, caller.matching)
                if facts.isEmpty(wanted) { continue }
                let rest = facts.space.intersection(wanted, caller.reaching)
                let taken = facts.space.subtracting(rest, from: wanted)
                append(takers(of: taken, in: call.caller, before: call.rule), to: &found)
                if found.count >= TakerSearch.mostTakers { return found }
                if !facts.isEmpty(rest), seen.insert(call.caller).inserted { waiting.append((call.caller, rest)) }
            }
        }
        return found
    }

    /// - Parameter packets: all of them are gone before the rule at `end`.
    private func takers(of packets: PacketSet, in chain: Int, before end: Int) -> [RuleIndex] {
        var found: [RuleIndex] = []
        var rest = packets
        while !facts.isEmpty(rest), found.count < TakerSearch.mostTakers {
            let behind = firstIndex(end + 1) { !comes(rest, to: RuleIndex(chain: chain, rule: $0)) }
            guard behind > 0, behind <= end else { break }
            let remaining = facts.space.intersection(rest, facts.rules[chain][behind].reaching)
            let taken = facts.space.subtracting(remaining, from: rest)
            append(takersInside(RuleIndex(chain: chain, rule: behind - 1), taken, depth: 0), to: &found)
            rest = remaining
        }
        return found
    }

    private func comes(_ packets: PacketSet, to index: RuleIndex) -> Bool {
        facts.isSubset(packets, of: facts.rules[index.chain][index.rule].reaching)
    }

    private func append(_ takers: [RuleIndex], to found: inout [RuleIndex]) {
        for taker in takers where !found.contains(taker) { found.append(taker) }
    }

    /// A rule that took packets; if it calls a chain, those rules of it that did.
    private func takersInside(_ index: RuleIndex, _ packets: PacketSet, depth: Int) -> [RuleIndex] {
        let target = facts.rule(index).target
        guard let name = target.chain, let chain = facts.calls.indexes[name], depth < TakerSearch.deepestCall,
            !facts.rules[chain].isEmpty
        else { return [index] }
        let sets = facts.rules[chain]
        var found: [RuleIndex] = []
        var rest = packets
        while !facts.isEmpty(rest), found.count < TakerSearch.mostTakers {
            let behind = firstIndex(sets.count) { !comes(rest, to: RuleIndex(chain: chain, rule: $0)) }
            guard behind > 0 else { return [index] }
            let remaining =
                behind < sets.count
                ? facts.space.intersection(rest, sets[behind].reaching) : facts.space.nothing
            let taken = facts.space.subtracting(remaining, from: rest)
            // What the end of a chain gives back is taken by the goto that led to it.
            if behind == sets.count, !facts.isSubset(taken, of: sets[behind - 1].matching) { return [index] }
            append(takersInside(RuleIndex(chain: chain, rule: behind - 1), taken, depth: depth + 1), to: &found)
            rest = remaining
        }
        return found
    }

    /// Leaves out takers without which the others would still take all: the first, such as `-i lo`, before later ones.
    func needed(of takers: [RuleIndex], for packets: PacketSet) -> [RuleIndex] {
        guard takers.count <= Finding.mostRelated else { return takers }
        var needed = takers
        for taker in takers where needed.count > 1 {
            let others = needed.filter { $0 != taker }
            let taken = facts.space.union(others.map { facts.rules[$0.chain][$0.rule].matching })
            if facts.isSubset(packets, of: taken) { needed = others }
        }
        return needed
    }

    /// Of a rule that nothing gets past: itself, and if it calls a chain, the rule in there that takes the rest.
    func lastTaker(_ index: RuleIndex) -> RuleIndex {
        takersInside(index, facts.rules[index.chain][index.rule].reaching, depth: 0).last ?? index
    }
}
