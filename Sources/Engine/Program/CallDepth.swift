internal import RuleModel

/// How deep chains call each other.
struct CallDepth {
    /// The most jumps (not gotos, which leave no one waiting) on a way from a base chain.
    private(set) var maximum = 0
    private let chains: [Chain]
    private let numbers: [String: Int]
    /// The most jumps on a way from a chain, once known; -1 while it is being looked at.
    private var depths: [Int?]

    /// - Precondition: no chain that a packet can reach leads back to itself. (The kernel takes others.)
    init(_ table: Table, _ numbers: [String: Int]) {
        chains = table.chains
        self.numbers = numbers
        depths = Array(repeating: nil, count: table.chains.count)
        for (number, chain) in table.chains.enumerated() where chain.hook != nil {
            maximum = max(maximum, depth(from: number))
        }
    }

    /// Walks with a stack of its own: a rule set may have 100,000 chains in a row.
    private mutating func depth(from root: Int) -> Int {
        var path: [(chain: Int, rule: Int, depth: Int)] = [(root, 0, 0)]
        depths[root] = -1
        while var top = path.popLast() {
            var isWaiting = false
            let rules = chains[top.chain].rules
            while top.rule < rules.count {
                guard let (callee, cost) = call(rules[top.rule]) else {
                    top.rule += 1
                    continue
                }
                guard let known = depths[callee] else {
                    depths[callee] = -1
                    path.append(top)
                    path.append((callee, 0, 0))
                    isWaiting = true
                    break
                }
                precondition(known >= 0, "a validated rule set has no loop of chains")
                top.depth = max(top.depth, known + cost)
                top.rule += 1
            }
            if !isWaiting { depths[top.chain] = top.depth }
        }
        return depths[root] ?? 0
    }

    private func call(_ rule: Rule) -> (callee: Int, cost: Int)? {
        switch rule.target {
        case .jump(let chain): numbers[chain].map { ($0, 1) }
        case .goto(let chain): numbers[chain].map { ($0, 0) }
        case .none, .action: nil
        }
    }
}
