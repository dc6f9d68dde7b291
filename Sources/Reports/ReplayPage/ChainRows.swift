import Diagnostics
import Engine
import Packets
import RuleModel

/// A chain of a rule set with what its rules counted, as the page lists it.
struct ChainRows {
    /// A rule, or the rules that one line of the file makes: it names several addresses.
    struct Row {
        /// The ids that links to these rules carry.
        var ids: ClosedRange<UInt32>
        /// In the chain, from 1; nil for a policy.
        var numbers: ClosedRange<Int>?
        var line: Int?
        var text: String
        var counters: RuleCounters
        /// Of `counters`, the packets that could have happened.
        var possible: RuleCounters
        /// The word behind `-j`.
        var action: String
        var calledChain: String?
    }

    var chain: Chain
    var rows: [Row] = []
    /// Nil for a user chain.
    var policy: Row?

    /// The chains of a table, in its order.
    /// - Parameters:
    ///   - next: the id of the table's first rule; afterwards that of the next table's.
    static func all(
        of table: Table, _ book: RuleBook, _ ruleSet: RuleSet, _ counts: RuleCounts, next: inout UInt32
    ) -> [ChainRows] {
        table.chains.map { chain in
            var listed = ChainRows(chain: chain)
            for (offset, rule) in chain.rules.enumerated() {
                listed.add(rule, number: offset + 1, id: next, book, ruleSet, counts)
                next += 1
            }
            if let policy = chain.policy {
                listed.policy = Row(
                    ids: next...next, numbers: nil, line: nil, text: "policy \(policy.rawValue)",
                    counters: counts.all[Int(next)], possible: counts.possible(Int(next)),
                    action: policy.rawValue)
            }
            next += 1
            return listed
        }
    }

    private mutating func add(
        _ rule: Rule, number: Int, id: UInt32, _ book: RuleBook, _ ruleSet: RuleSet, _ counts: RuleCounts
    ) {
        let counted = counts.all[Int(id)]
        let possible = counts.possible(Int(id))
        if let last = rows.last, last.line == rule.line, let first = last.numbers?.lowerBound {
            rows[rows.count - 1].ids = last.ids.lowerBound...id
            rows[rows.count - 1].numbers = first...number
            rows[rows.count - 1].counters.add(counted)
            rows[rows.count - 1].possible.add(possible)
            return
        }
        rows.append(
            Row(
                ids: id...id, numbers: number...number, line: rule.line, text: ruleSet.file.text(rule.range),
                counters: counted, possible: possible,
                action: book.action(of: RuleID(index: id), ruleSet.family),
                calledChain: rule.target.calledChain))
    }

    /// A chain whose rules lead to another, and the packets that they led there.
    typealias Caller = (chain: String, packets: UInt64)

    /// By the name of the chain that is called, in the table's order.
    static func callers(in chains: [ChainRows]) -> [String: [Caller]] {
        var callers: [String: [Caller]] = [:]
        for chain in chains {
            for row in chain.rows {
                guard let called = row.calledChain else { continue }
                let known = callers[called, default: []]
                if known.last?.chain == chain.chain.name {
                    callers[called]![known.count - 1].packets += row.counters.packets
                } else {
                    callers[called] = known + [(chain.chain.name, row.counters.packets)]
                }
            }
        }
        return callers
    }
}

extension RuleTarget {
    fileprivate var calledChain: String? {
        switch self {
        case .jump(let chain), .goto(let chain): chain
        case .none, .action: nil
        }
    }
}
