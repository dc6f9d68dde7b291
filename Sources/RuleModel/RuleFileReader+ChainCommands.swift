import Diagnostics
import Packets

/// `-Z`, `-X` and `-E`.
extension RuleFileReader {
    /// `-Z`. In a rule file it changes nothing: counters that the same file sets stay (`COUNTER_MAP_SET` in
    /// `libiptc/libiptc.c`).
    mutating func zero(_ line: RuleLine, _ chain: Int?, _ place: CommandPlace) {
        if line.ruleNumber != nil {
            if let chain, let position = position(line, chain) {
                if isOfScript { table?.chains[chain].zeroCounters(at: position) }
            }
            return
        }
        guard isOfScript else { return }
        for chain in chains(chain, place) { table?.chains[chain].zeroCounters(at: nil) }
    }

    /// `-X`: without a name every user chain, and iptables gives up at the first that it can't delete.
    mutating func delete(_ line: RuleLine, _ chain: Int?, _ place: CommandPlace) {
        let range = line.chain?.range ?? line.commandRange
        for index in chains(chain, place) {
            guard let draft = table?.chains[index] else { return }
            if draft.hook != nil {
                if chain != nil { refuse("\(draft.name) is a base chain, which can't be deleted", at: range) }
                continue
            }
            if draft.references > 0 {
                refuse(
                    "can't delete the chain \"\(draft.name)\": \(draft.references == 1 ? "a rule leads" : "\(draft.references) rules lead") to it",
                    at: range, notes: jumps(to: index).map { [.init("here", at: $0)] } ?? [])
                return
            }
            if draft.ruleCount > 0 {
                refuse(
                    "can't delete the chain \"\(draft.name)\": it holds \(draft.ruleCount == 1 ? "a rule" : "\(draft.ruleCount) rules")",
                    at: range, notes: [.init("empty it before, with -F \(draft.name)")])
                return
            }
            table?.delete(index)
        }
    }

    private func jumps(to chain: Int) -> SourceRange? {
        isTolerant ? nil : table?.chains.lazy.flatMap(\.rules).first { $0.jump?.chain == chain }?.jump?.range
    }

    mutating func rename(_ line: RuleLine, _ chain: Int?) {
        guard let chain, let old = line.chain, let new = line.newName else { return }
        guard table?.chains[chain].hook == nil else {
            refuse("\(old.text) is a base chain, which can't be renamed", at: old.range)
            return
        }
        if let other = table?.indexes[new.text] {
            let declaration = table?.chains[other].declaration
            refuse(
                "there is a chain \"\(new.text)\" already", at: new.range,
                notes: declaration.map { [.init("here", at: $0)] } ?? [])
            return
        }
        // iptables renames to some names that iptables-restore would refuse; nobody can want that.
        if let problem = problem(ofChainName: new.text) {
            diagnostics.error(problem, at: new.range)
            return
        }
        table?.rename(chain, to: new.text)
    }
}
