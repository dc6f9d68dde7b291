import Packets
import RuleModel

/// Which chains of a table call which.
struct ChainUse {
    struct Call {
        /// An index in `Table.chains`, as is `target`.
        let caller: Int
        /// An index in the calling chain's rules.
        let rule: Int
        let target: Int
        let isGoto: Bool
    }

    /// For each chain the calls of it, in the order of the table.
    private(set) var calls: [[Call]]
    /// For each chain the hooks from whose base chains a way of calls leads to it.
    private(set) var hooks: [Set<Hook>]
    let indexes: [String: Int]

    init(_ table: Table) {
        indexes = Dictionary(uniqueKeysWithValues: table.chains.enumerated().map { ($1.name, $0) })
        calls = Array(repeating: [], count: table.chains.count)
        var targets: [[Int]] = Array(repeating: [], count: table.chains.count)
        for (caller, chain) in table.chains.enumerated() {
            for (index, rule) in chain.rules.enumerated() {
                guard let name = rule.target.chain, let target = indexes[name] else { continue }
                calls[target].append(
                    Call(caller: caller, rule: index, target: target, isGoto: rule.target.isGoto))
                targets[caller].append(target)
            }
        }
        hooks = Array(repeating: [], count: table.chains.count)
        for (base, chain) in table.chains.enumerated() {
            guard let hook = chain.hook else { continue }
            hooks[base].insert(hook)
            var waiting = [base]
            while let chain = waiting.popLast() {
                for target in targets[chain] where hooks[target].insert(hook).inserted { waiting.append(target) }
            }
        }
    }

    /// Whether a base chain leads to the chain, or it is one.
    func isUsed(_ chain: Int) -> Bool { !hooks[chain].isEmpty }
}

extension RuleTarget {
    /// The chain that a jump or goto names.
    var chain: String? {
        switch self {
        case .jump(let chain), .goto(let chain): chain
        case .none, .action: nil
        }
    }

    var isGoto: Bool {
        if case .goto = self { true } else { false }
    }
}
