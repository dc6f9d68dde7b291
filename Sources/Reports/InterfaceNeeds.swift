import Engine
import Packets
import Replay
import RuleModel

/// Which of a packet's interfaces the rules on its way ask for: where nobody named that interface, the verdict is not
/// exact.
struct InterfaceNeeds: Sendable {
    private var input: Set<Hook> = []
    private var output: Set<Hook> = []

    /// - Parameter rules: nil if the family has none.
    init(_ rules: RuleSet?) {
        for table in rules?.tables ?? [] {
            let chains = Dictionary(
                table.chains.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
            for chain in table.chains {
                if let hook = chain.hook { add(hook, from: chain, chains) }
            }
        }
    }

    /// Goes through the chain and all that it calls.
    private mutating func add(_ hook: Hook, from base: Chain, _ chains: [String: Chain]) {
        var seen: Set = [base.name]
        var waiting = [base]
        while let chain = waiting.popLast() {
            for rule in chain.rules {
                if rule.header.inInterface != nil { input.insert(hook) }
                if rule.header.outInterface != nil { output.insert(hook) }
                switch rule.target {
                case .jump(let name), .goto(let name):
                    if seen.insert(name).inserted, let called = chains[name] { waiting.append(called) }
                case .none, .action: break
                }
            }
        }
    }

    /// The names of what is missing, as `needs` lists them.
    func missing(in result: PacketResult, _ traversal: TraversalResult) -> [StaticString] {
        let hooks = traversal.path?.hooks ?? [.prerouting]
        var missing: [StaticString] = []
        if traversal.path != .output, result.metadata.inInterface == .none,
            hooks.contains(where: input.contains)
        {
            missing.append("in-interface")
        }
        if traversal.path != .input, traversal.outInterface == .none, hooks.contains(where: output.contains) {
            missing.append("out-interface")
        }
        return missing
    }
}
