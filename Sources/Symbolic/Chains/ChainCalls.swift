internal import RuleModel

/// Which chains of a table lead to which.
struct ChainCalls {
    let numbers: [String: Int]
    /// Called chains before those that call them. A chain that leads into a loop isn't among them; no packet gets
    /// there (the kernel refuses other loops).
    private(set) var order: [Int] = []
    /// For each chain, whether a rule of it or of a chain that it leads to reads a field that rules of the table change.
    private(set) var readsChanges: [Bool]
    /// Likewise for tests with memory.
    private(set) var hasHistory: [Bool]

    init(_ table: Table) {
        let chains = table.chains
        numbers = Dictionary(chains.enumerated().map { ($1.name, $0) }) { first, _ in first }
        let changed = Set(chains.flatMap { $0.rules.flatMap { $0.target.action?.changedFields ?? [] } })
        readsChanges = chains.map { chain in chain.rules.contains { $0.condition.reads(anyOf: changed) } }
        hasHistory = chains.map { chain in chain.rules.contains { $0.condition.hasHistory } }
        let numbers = numbers
        let callees = chains.map { chain in
            chain.rules.compactMap { rule in rule.callee.flatMap { numbers[$0] } }
        }

        // Walks with a stack of its own: a rule set may have 100,000 chains in a row.
        enum Mark { case unseen, open, done, looped }
        var marks = Array(repeating: Mark.unseen, count: chains.count)
        for start in chains.indices where marks[start] == .unseen {
            var path = [(chain: start, next: 0)]
            marks[start] = .open
            while let (chain, next) = path.last {
                if next < callees[chain].count {
                    path[path.count - 1].next += 1
                    let callee = callees[chain][next]
                    if marks[callee] == .unseen {
                        marks[callee] = .open
                        path.append((callee, 0))
                    }
                    continue
                }
                path.removeLast()
                // A callee that is still open leads back here.
                let isLooped = callees[chain].contains { marks[$0] == .open || marks[$0] == .looped }
                marks[chain] = isLooped ? .looped : .done
                if isLooped { continue }
                order.append(chain)
                for callee in callees[chain] {
                    readsChanges[chain] = readsChanges[chain] || readsChanges[callee]
                    hasHistory[chain] = hasHistory[chain] || hasHistory[callee]
                }
            }
        }
    }
}

extension Rule {
    /// The chain that the rule leads to.
    var callee: String? {
        switch target {
        case .jump(let chain), .goto(let chain): chain
        case .none, .action: nil
        }
    }
}
