import RuleModel
import Symbolic

/// What is wrong with a rule among the others. A rule has one anomaly at most, the first that fits of:
///
/// 1. its chain is unused, or no packet enters it because of a fault elsewhere: nothing (the chain or the call is
///    reported);
/// 2. `unmatchable`: its own tests contradict each other;
/// 3. `afterCatchAll`: nothing gets past an earlier rule; the first rule behind that stands for all;
/// 4. `duplicate`: an earlier rule has the same packets and the same target;
/// 5. `shadowed`: one earlier rule takes all that it matches; else `shadowedByUnion`: several do;
/// 6. `unmatchable` again: the calls of its chain never bring such packets;
/// 7. `idleCall`: it calls a chain that decides nothing;
/// 8. `redundant`: it decides, but without it the same would be decided later.
enum RuleAnomaly {
    case unmatchable(calls: [RuleIndex])
    /// - count: of the rules that are never reached, this one among them.
    case afterCatchAll(RuleIndex, count: Int)
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

    init(
        _ table: Table, _ calls: ChainUse, _ space: PacketSpace, _ rules: [[SolvedTable.RuleSets]]
    ) {
        openAccepts = OpenAccepts.find(table, calls, space, rules)
        let search = TakerSearch(table: table, calls: calls, space: space, rules: rules)
        for chain in table.chains.indices where !rules[chain].isEmpty {
            findDead(in: chain, table, space, rules, search)
        }
        let idle = IdleChains(table, calls)
        for chain in table.chains.indices where !rules[chain].isEmpty && !idle.isIdle[chain] {
            let removable = RedundancySearch(
                table: table, calls: calls, space: space, rules: rules, idle: idle, openAccepts: openAccepts,
                dead: Set(found.keys)
            ).find(in: chain, duplicates: duplicates)
            found.merge(removable) { first, _ in first }
        }
    }

    private var duplicates: Set<RuleIndex> {
        Set(
            found.compactMap { index, anomaly in
                if case .duplicate = anomaly { index } else { nil }
            })
    }

    // MARK: Rules that take nothing

    private mutating func findDead(
        in chain: Int, _ table: Table, _ space: PacketSpace, _ rules: [[SolvedTable.RuleSets]],
        _ search: TakerSearch
    ) {
        let sets = rules[chain]
        guard !space.isEmpty(sets[0].reaching) else { return }
        // From here on nothing comes any more.
        let end = firstIndex(sets.count) { space.isEmpty(sets[$0].reaching) }
        for rule in 0..<min(end + 1, sets.count) where space.isEmpty(sets[rule].taking) {
            let index = RuleIndex(chain: chain, rule: rule)
            if space.isEmpty(sets[rule].matching) {
                found[index] = .unmatchable(calls: [])
            } else if rule == end {
                let taker = search.innermostTaker(RuleIndex(chain: chain, rule: end - 1))
                found[index] = .afterCatchAll(taker, count: sets.count - end)
            } else {
                found[index] = anomaly(of: index, table, space, rules, search)
            }
        }
    }

    private func anomaly(
        of index: RuleIndex, _ table: Table, _ space: PacketSpace, _ rules: [[SolvedTable.RuleSets]],
        _ search: TakerSearch
    ) -> RuleAnomaly {
        let sets = rules[index.chain][index.rule]
        let takers = search.takers(of: index)
        func matching(_ taker: RuleIndex) -> PacketSet { rules[taker.chain][taker.rule].matching }
        guard !takers.isEmpty else {
            return .unmatchable(
                calls: search.calls.calls[index.chain].map { RuleIndex(chain: $0.caller, rule: $0.rule) })
        }
        let rule = table.chains[index.chain].rules[index.rule]
        let same = takers.first { taker in
            taker.chain == index.chain && matching(taker) == sets.matching
                && table.chains[taker.chain].rules[taker.rule].target.isSame(as: rule.target)
        }
        if let same { return .duplicate(of: same) }
        let single = takers.first { taker in
            taker.chain == index.chain && space.isSubset(sets.matching, of: matching(taker))
        }
        if let single { return .shadowed(by: single) }
        return takers.count == 1 ? .shadowed(by: takers[0]) : .shadowedByUnion(takers)
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

    var action: Action? {
        if case .action(let target) = self { target.action } else { nil }
    }
}
