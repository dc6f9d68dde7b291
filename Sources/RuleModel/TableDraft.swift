import Diagnostics
import Packets

/// A table while it is read.
struct TableDraft {
    let kind: TableKind
    /// The `*table` line's word.
    let range: SourceRange
    var chains: [ChainDraft]
    var indexes: [String: Int]

    init(_ kind: TableKind, range: SourceRange) {
        self.kind = kind
        self.range = range
        chains = kind.hooks.map { ChainDraft(name: $0.chainName, hook: $0, policy: .accept) }
        indexes = Dictionary(uniqueKeysWithValues: chains.enumerated().map { ($1.name, $0) })
    }

    mutating func add(_ chain: ChainDraft) {
        indexes[chain.name] = chains.count
        chains.append(chain)
    }

    /// Drops what the draft holds, which lives on in a copy that then is changed without being copied.
    mutating func forget() {
        chains = []
        indexes = [:]
    }

    /// Takes a chain away that is empty and that nothing jumps to.
    mutating func delete(_ chain: Int) {
        indexes[chains[chain].name] = nil
        chains[chain].isDeleted = true
    }

    mutating func rename(_ chain: Int, to name: String) {
        indexes[chains[chain].name] = nil
        indexes[name] = chain
        chains[chain].name = name
    }

    mutating func append(_ rule: DraftRule, to chain: Int) {
        countJump(rule, 1)
        chains[chain].append(rule)
    }

    mutating func insert(_ rule: DraftRule, in chain: Int, at position: Int) {
        countJump(rule, 1)
        chains[chain].insert(rule, at: position)
    }

    mutating func remove(from chain: Int, at position: Int) {
        countJump(chains[chain].remove(at: position), -1)
    }

    mutating func replace(in chain: Int, at position: Int, by rule: DraftRule) {
        countJump(chains[chain].replace(at: position, by: rule), -1)
        countJump(rule, 1)
    }

    mutating func flush(_ chain: Int) {
        for rule in chains[chain].rules { countJump(rule, -1) }
        chains[chain].removeAll()
    }

    mutating func flushAll() {
        for chain in chains.indices where chains[chain].ruleCount > 0 { flush(chain) }
    }

    private mutating func countJump(_ rule: DraftRule, _ number: Int) {
        if let jump = rule.jump { chains[jump.chain].references += number }
    }

    func table() -> Table {
        let users = chains.dropFirst(kind.hooks.count).filter { !$0.isDeleted }.sorted {
            $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        }
        return Table(
            kind: kind,
            chains: (chains.prefix(kind.hooks.count) + users).map { draft in
                Chain(
                    name: draft.name, hook: draft.hook, policy: draft.policy, counters: draft.counters,
                    rules: draft.rules.map(finished), declaration: draft.declaration)
            })
    }

    /// The rule, which names the chain to which it jumps as it is called now.
    private func finished(_ draft: DraftRule) -> Rule {
        guard let jump = draft.jump else { return draft.rule }
        var rule = draft.rule
        let name = chains[jump.chain].name
        if case .goto = rule.target {
            rule.target = .goto(chain: name)
        } else {
            rule.target = .jump(chain: name)
        }
        return rule
    }
}
