import RuleModel
import Symbolic

/// What is wrong with a rule among the others. A rule has one anomaly at most, the first that fits of:
///
/// 1. its chain is unused, or no packet enters it because of a fault elsewhere: nothing (the chain or the call is
///    reported);
/// 2. `unmatchable`: its own tests contradict each other;
/// 3. `afterCatchAll`: nothing gets past an earlier rule; the first rule behind that stands for all;
/// 4. `redundantMember`: the other rule of 5 or 6 is one that the same line makes for another address;
/// 5. `duplicate`: an earlier rule has the same packets and the same target;
/// 6. `shadowed`: one earlier rule takes all that it matches; else `shadowedByUnion`: several do;
/// 7. `unmatchable` again: the calls of its chain never bring such packets;
/// 8. `idleCall`: it calls a chain that decides nothing;
/// 9. `redundant`: it decides, but without it the same would be decided later.
enum RuleAnomaly {
    case unmatchable(calls: [RuleIndex])
    /// - last: the rule that takes the rest: the earlier rule itself, or one of the chain that it calls.
    /// - count: of the rules that are never reached, this one among them.
    case afterCatchAll(RuleIndex, last: RuleIndex, count: Int)
    /// Another rule that the same line makes.
    case redundantMember(of: RuleIndex)
    case duplicate(of: RuleIndex)
    case shadowed(by: RuleIndex)
    case shadowedByUnion([RuleIndex])
    case idleCall
    case redundant(by: [RuleIndex], policy: Bool)
}

struct RuleAnomalies {
    private(set) var found: [RuleIndex: RuleAnomaly] = [:]
    /// Rules that accept whatever comes: FW202.
    let openAccepts: Set<RuleIndex>
    private let facts: RuleFacts
    private let search: TakerSearch

    init(_ facts: RuleFacts) {
        self.facts = facts
        search = TakerSearch(facts: facts)
        openAccepts = OpenAccepts.find(facts)
        for chain in facts.rules.indices { findDead(in: chain) }
        let idle = IdleChains(facts.table, facts.calls)
        let duplicates = Set(
            found.compactMap { index, anomaly in
                if case .duplicate = anomaly { index } else { nil }
            })
        let redundancy = RedundancySearch(
            facts: facts, idle: idle, openAccepts: openAccepts, duplicates: duplicates)
        for chain in facts.rules.indices where !idle.isIdle[chain] {
            found.merge(redundancy.find(in: chain)) { first, _ in first }
        }
    }

    // MARK: Rules that take nothing

    private mutating func findDead(in chain: Int) {
        let count = facts.rules[chain].count
        let end = facts.ends[chain]
        // If nothing enters the chain, that is the fault of those that call it.
        guard end > 0 else { return }
        for rule in 0..<end where !facts.isLive[chain][rule] {
            found[RuleIndex(chain: chain, rule: rule)] = anomaly(of: RuleIndex(chain: chain, rule: rule))
        }
        guard end < count else { return }
        let index = RuleIndex(chain: chain, rule: end)
        if facts.isEmpty(facts.rules[chain][end].matching) {
            found[index] = .unmatchable(calls: [])
        } else {
            let cause = RuleIndex(chain: chain, rule: end - 1)
            found[index] = .afterCatchAll(cause, last: search.lastTaker(cause), count: count - end)
        }
    }

    private func anomaly(of index: RuleIndex) -> RuleAnomaly {
        let matching = facts.rules[index.chain][index.rule].matching
        if facts.isEmpty(matching) { return .unmatchable(calls: []) }
        let takers = search.takers(of: index)
        if takers.isEmpty {
            let calls = facts.calls.calls[index.chain]
            return .unmatchable(calls: calls.map { RuleIndex(chain: $0.caller, rule: $0.rule) })
        }
        func packets(_ taker: RuleIndex) -> PacketSet { facts.rules[taker.chain][taker.rule].matching }
        let neighbours = takers.filter { $0.chain == index.chain }
        let target = facts.rule(index).target
        let single = neighbours.filter { facts.isSubset(matching, of: packets($0)) }
        if let member = single.first(where: { facts.rule($0).line == facts.rule(index).line }) {
            return .redundantMember(of: member)
        }
        if let same = single.first(where: {
            facts.rule($0).target.isSame(as: target) && facts.isSubset(packets($0), of: matching)
        }) {
            return .duplicate(of: same)
        }
        if let first = single.first { return .shadowed(by: first) }
        let needed = neighbours.count == takers.count ? search.needed(of: takers, for: matching) : takers
        return needed.count == 1 ? .shadowed(by: needed[0]) : .shadowedByUnion(needed)
    }
}

/// The first of `0..<count` for which a condition holds that holds for all behind it, too; `count` if there is none.
func firstIndex(_ count: Int, where isBehind: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
        let middle = (low + high) / 2
        if isBehind(middle) { high = middle } else { low = middle + 1 }
    }
    return low
}

extension RuleTarget {
    /// Whether it is written alike.
    func isSame(as other: RuleTarget) -> Bool {
        switch (self, other) {
        case (.none, .none): true
        case (.jump(let a), .jump(let b)), (.goto(let a), .goto(let b)): a == b
        case (.action(let a), .action(let b)): a.action == b.action
        default: false
        }
    }
}
