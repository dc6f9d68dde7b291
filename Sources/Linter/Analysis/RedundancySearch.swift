import RuleModel
import Symbolic

/// Finds rules of a chain that decide only what would be decided without them.
///
/// Goes from the last rule to the first and keeps, for each verdict, the packets that get it from the rules behind and
/// from nothing else on the way: no log line, no mark, no test with memory. A rule whose packets are all among those
/// can go, and is left out from then on: so all rules that are found can go together.
struct RedundancySearch {
    let table: Table
    let calls: ChainUse
    let space: PacketSpace
    let rules: [[SolvedTable.RuleSets]]
    let idle: IdleChains
    /// They are faults themselves; what a rule does for which they are to blame isn't held against the rule.
    let openAccepts: Set<RuleIndex>
    let dead: Set<RuleIndex>

    /// - Parameter duplicates: rules that will be removed anyway.
    func find(in chain: Int, duplicates: Set<RuleIndex>) -> [RuleIndex: RuleAnomaly] {
        var found: [RuleIndex: RuleAnomaly] = [:]
        var redundant: [Int] = []
        var later = laterVerdicts(behind: chain)
        var kept = Array(repeating: space.nothing, count: rules[chain].count)
        for index in rules[chain].indices.reversed() {
            let place = RuleIndex(chain: chain, rule: index)
            let rule = table.chains[chain].rules[index]
            let sets = rules[chain][index]
            if duplicates.contains(place) { continue }
            if !dead.contains(place), let action = rule.target.verdict {
                let decided = space.intersection(sets.matching, sets.within)
                if !rule.isCatchAll, let same = later[action], space.isSubset(decided, of: same) {
                    redundant.append(index)
                    continue
                }
            }
            if !dead.contains(place), !rule.condition.hasHistory, isIdleCall(rule) {
                found[place] = .idleCall
                continue
            }
            if rule.target.verdict != nil { kept[index] = sets.matching }
            pass(rule, sets, isFault: openAccepts.contains(place), &later)
        }
        if redundant.isEmpty { return found }
        let tree = UnionTree(kept, space)
        for index in redundant {
            found[RuleIndex(chain: chain, rule: index)] = takers(of: index, in: chain, tree)
        }
        return found
    }

    private func isIdleCall(_ rule: Rule) -> Bool {
        guard let name = rule.target.chain, let target = calls.indexes[name] else { return false }
        return idle.isIdle[target] && !rule.target.isGoto
    }

    /// What the policy decides, or the end of a user chain.
    private func laterVerdicts(behind chain: Int) -> [Action: PacketSet] {
        switch table.chains[chain].policy {
        case .accept:
            DefaultPolicy.isFault(table.chains[chain], in: table) ? [:] : [.accept: space.everything]
        case .drop: [.drop: space.everything]
        case nil: [.returnToCaller: space.everything]
        }
    }

    private func pass(
        _ rule: Rule, _ sets: SolvedTable.RuleSets, isFault: Bool, _ later: inout [Action: PacketSet]
    ) {
        let verdict = rule.target.verdict
        var stopped = sets.matching
        if rule.condition.hasHistory {
            // Whatever the header lets through may change the memory.
            stopped = space.set(.all(rule.header.conditions(family: space.family)))
        } else if case .none = rule.target {
            stopped = space.nothing
        }
        for (action, packets) in later {
            var rest = space.subtracting(stopped, from: packets)
            if action != .drop { rest = space.subtracting(sets.cutShort, from: rest) }
            later[action] = rest
        }
        if let verdict, !rule.condition.hasHistory, !isFault {
            let decided = space.subtracting(sets.cutShort, from: sets.matching)
            later[verdict] = space.union(later[verdict] ?? space.nothing, decided)
        }
    }

    private func takers(of index: Int, in chain: Int, _ tree: UnionTree) -> RuleAnomaly {
        let sets = rules[chain][index]
        var rest = space.intersection(sets.matching, sets.within)
        var takers: [RuleIndex] = []
        var next = index + 1
        while !space.isEmpty(rest), takers.count < Finding.mostRelated,
            let taker = tree.first(from: next, touching: rest)
        {
            takers.append(RuleIndex(chain: chain, rule: taker))
            rest = space.subtracting(rules[chain][taker].matching, from: rest)
            next = taker + 1
        }
        return .redundant(by: takers, policy: !space.isEmpty(rest))
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
        guard range.upperBound > start, !space.isDisjoint(nodes[node], set) else { return nil }
        guard range.count > 1 else { return range.lowerBound }
        let middle = range.lowerBound + range.count / 2
        return first(in: 2 * node, range.lowerBound..<middle, from: start, set)
            ?? first(in: 2 * node + 1, middle..<range.upperBound, from: start, set)
    }
}

extension RuleTarget {
    /// The action, if packets don't go on to the next rule behind it.
    var verdict: Action? {
        switch action {
        case .accept, .drop, .returnToCaller, .reject: action
        case .log, .setMark, nil: nil
        }
    }
}

extension Rule {
    /// Whether it asks nothing of a packet, as the rule does that ends a chain by design.
    var isCatchAll: Bool {
        if header != RuleHeader() { return false }
        return matches.allSatisfy { $0.condition == .always }
    }
}
