import AddressSets
import RuleSyntax

extension RuleFileSyntax {
    /// The names of the sets of which rules of the file may notice a change: by `-j SET`, with the members of such
    /// lists, or of counters that rules compare.
    func changedSets(among sets: SetCatalogue) -> Set<String> {
        var names: Set<String> = []
        func add(_ words: [Word]) {
            if words.contains(where: { $0.text.hasPrefix("--packets-") || $0.text.hasPrefix("--bytes-") }) {
                names.formUnion(sets.sets.filter(\.options.hasCounters).map(\.name))
            }
            for (word, next) in zip(words, words.dropFirst()) where RuleFileSyntax.changesSet(word.text) {
                names.insert(next.text)
            }
        }
        for command in script ?? [] { add(command.words) }
        for line in lines {
            if case .command(let command) = line.kind { add(command.words) }
        }
        for name in names { names.formUnion(sets.members(of: name)) }
        return names
    }

    /// `--add-set` and `--del-set`, and their abbreviations.
    private static func changesSet(_ word: String) -> Bool {
        word.utf8.count > 2 && ["--add-set", "--del-set"].contains { $0.hasPrefix(word) }
    }
}
