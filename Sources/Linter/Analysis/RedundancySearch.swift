import RuleModel
import Symbolic

/// Finds rules of a chain that decide only what would be decided without them.
///
/// Goes from the last rule to the first and keeps, for each verdict, the packets that get it from the rules behind and
/// from nothing else on the way: no log line, no mark, no test with memory. A rule whose packets are all among those
/// can go, and is left out from then on: so all rules that are found can go together.
struct RedundancySearch {
    let facts: RuleFacts
    let idle: IdleChains
    /// They are faults themselves; that a rule does the same as one of them isn't held against the rule.
    let openAccepts: Set<RuleIndex>
    /// Rules that can go in any case.
    let duplicates: Set<RuleIndex>

    private var space: PacketSpace { facts.space }

    func find(in chain: Int) -> [RuleIndex: RuleAnomaly] {
        var found: [RuleIndex: RuleAnomaly] = [:]
        var redundant: [Int] = []
        var later = laterVerdicts(behind: facts.table.chains[chain])
        var kept = Array(repeating: space.nothing, count: facts.rules[chain].count)
        let domain = facts.table.chains[chain].hook == nil ? space.everything : facts.entering[chain]
        for index in facts.rules[chain].indices.reversed() {
            let place = RuleIndex(chain: chain, rule: index)
            if duplicates.contains(place) { continue }
            let rule = facts.rule(place)
            if facts.isLive[chain][index] {
                if let action = rule.target.verdict, !rule.isCatchAll, let same = later[action],
                    space.isSubset(decided(place), of: same, among: domain)
                {
                    redundant.append(index)
                    continue
                }
                if !rule.condition.hasHistory, isIdleCall(rule) {
                    found[place] = .idleCall
                    continue
                }
            }
            if rule.target.verdict != nil, facts.isLive[chain][index] {
                kept[index] = facts.rules[chain][index].matching
            }
            pass(place, &later)
        }
        if redundant.isEmpty { return found }
        let tree = UnionTree(kept, space)
        for index in redundant {
            let place = RuleIndex(chain: chain, rule: index)
            found[place] = takers(of: place, tree)
        }
        return found
    }

    /// What a rule matches of all that can come to it in its chain.
    private func decided(_ index: RuleIndex) -> PacketSet {
        let sets = facts.rules[index.chain][index.rule]
        return space.intersection(sets.matching, sets.reaching)
    }

    private func isIdleCall(_ rule: Rule) -> Bool {
        guard let name = rule.target.chain, let target = facts.calls.indexes[name] else { return false }
        // An empty chain is there for another program to fill.
        return idle.isIdle[target] && !rule.target.isGoto && !facts.table.chains[target].rules.isEmpty
    }

    /// What the policy decides, or the end of a user chain. A policy that the file doesn't give stays what it was.
    private func laterVerdicts(behind chain: Chain) -> [Action: PacketSet] {
        guard chain.declaration != nil else { return [:] }
        return switch chain.policy {
        case .accept: DefaultPolicy.isFault(chain, in: facts.table) ? [:] : [.accept: space.allCombinations]
        case .drop: [.drop: space.allCombinations]
        case nil: [.returnToCaller: space.allCombinations]
        }
    }

    /// Lets what the rules behind a rule decide pass the rule.
    private func pass(_ index: RuleIndex, _ later: inout [Action: PacketSet]) {
        let rule = facts.rule(index)
        let sets = facts.rules[index.chain][index.rule]
        var stopped = sets.matching
        if rule.condition.hasHistory {
            // Whatever the header lets through may change the memory.
            stopped = space.set(.all(rule.header.conditions(family: space.family)))
        } else if case .none = rule.target {
            stopped = space.nothing
        }
        // A rule that takes nothing decides for packets only once others have gone: then it may be in the way, but that
        // isn't counted on where it does the same.
        let isDead = !facts.isLive[index.chain][index.rule]
        for (action, packets) in later where !isDead || action != rule.target.verdict {
            var rest = space.subtracting(stopped, from: packets)
            if action != .drop { rest = space.subtracting(sets.cutShort, from: rest) }
            later[action] = rest
        }
        if let verdict = rule.target.verdict, !isDead, !rule.condition.hasHistory,
            !openAccepts.contains(index)
        {
            let decided = space.subtracting(sets.cutShort, from: sets.matching)
            later[verdict] = space.union(later[verdict] ?? space.nothing, decided)
        }
    }

    private func takers(of index: RuleIndex, _ tree: UnionTree) -> RuleAnomaly {
        var rest = decided(index)
        var takers: [RuleIndex] = []
        var next = index.rule + 1
        while takers.count < Finding.mostRelated, let taker = tree.first(from: next, touching: rest) {
            takers.append(RuleIndex(chain: index.chain, rule: taker))
            rest = space.subtracting(facts.rules[index.chain][taker].matching, from: rest)
            next = taker + 1
        }
        return .redundant(by: takers, policy: !facts.isEmpty(rest))
    }
}

/// Unions of neighbours, of neighbours of those, and so on: finds the next set that meets another one in few steps.
private struct UnionTree {
    /// `nodes[1]` is the union of all; the halves of node n are nodes 2n and 2n + 1.
    private var nodes: [PacketSet]
    private let width: Int
    private let space: PacketSpace

    init(_ sets: [PacketSet], _ space: PacketSpace) {
        self.space = space
        var width = 1
        while width < sets.count { width *= 2 }
        self.width = width
        nodes = Array(repeating: space.nothing, count: 2 * width)
        for (index, set) in sets.enumerated() { nodes[width + index] = set }
        for node in stride(from: width - 1, to: 0, by: -1) {
            nodes[node] = space.union(nodes[2 * node], nodes[2 * node + 1])
        }
    }

    func first(from start: Int, touching set: PacketSet) -> Int? {
        first(in: 1, 0..<width, from: start, set)
    }

    private func first(in node: Int, _ range: Range<Int>, from start: Int, _ set: PacketSet) -> Int? {
        guard range.upperBound > start, space.meet(nodes[node], set, space.everything) else { return nil }
        guard range.count > 1 else { return range.lowerBound }
        let middle = range.lowerBound + range.count / 2
        return first(in: 2 * node, range.lowerBound..<middle, from: start, set)
            ?? first(in: 2 * node + 1, middle..<range.upperBound, from: start, set)
    }
}

extension RuleTarget {
    /// The action, if packets don't go on to the next rule behind it.
    var verdict: Action? {
        action.flatMap { $0.disposition == .goesOn ? nil : $0 }
    }
}

extension Rule {
    /// Whether it asks nothing of a packet, as the rule does that ends a chain by design.
    var isCatchAll: Bool {
        if header != RuleHeader() { return false }
        return matches.allSatisfy { $0.condition == .always }
    }
}
