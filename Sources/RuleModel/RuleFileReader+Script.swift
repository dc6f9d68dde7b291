import Diagnostics
import Packets
import RuleSyntax

extension ScriptCommand {
    var family: AddressFamily { isIPv6 ? .ipv6 : .ipv4 }
}

/// The commands of a script: each says its table, which is there from its first mention on.
extension RuleFileReader {
    /// - Returns: the tables in the order in which the script first names them.
    mutating func read(_ script: [ScriptCommand]) -> [Table] {
        var drafts: [TableDraft] = []
        var current: Int?
        let mayLack = diagnostics.errorCount > 0 && ChainDeclarations.isIncomplete(syntax)
        for command in script where command.family == family {
            if diagnostics.isFull { return [] }
            let place = CommandPlace(
                range: command.range, line: file.position(of: command.range.lower).line)
            let (kind, name) = Self.tableName(command.words)
            guard let kind else {
                reportTable(name)
                continue
            }
            if current.map({ drafts[$0].kind }) != kind {
                if let current, let table { drafts[current] = table }
                table = nil
                current = drafts.firstIndex { $0.kind == kind }
                if current == nil {
                    current = drafts.count
                    drafts.append(TableDraft(kind, range: name?.range ?? place.range))
                }
                missingChains.finish(&diagnostics)
                missingChains = MissingChains()
                missingChains.mayBeMade = mayLack
                table = current.map { drafts[$0] }
                if let current { drafts[current].forget() }
            }
            run(command, at: place)
        }
        if let current, let table { drafts[current] = table }
        table = nil
        return drafts.compactMap { finish($0) }
    }

    private mutating func run(_ command: ScriptCommand, at place: CommandPlace) {
        if command.words.isEmpty { diagnostics.error("no command: -A CHAIN, for instance", at: place.range) }
        if let rule = command.unlessPresent, isPresent(rule, at: place) { return }
        let line = parse(command.words)
        // That a rule couldn't be added is worth saying whatever the script does about it.
        isTolerant = command.mayFail && line.command?.addsRule == false
        run(line, at: place)
        isTolerant = false
    }

    /// What `-C` would say.
    private mutating func isPresent(_ words: [Word], at place: CommandPlace) -> Bool {
        let line = parse(words)
        guard line.command == .check, let name = line.chain, let chain = table?.indexes[name.text],
            let written = readRule(line, name), search(written.count, place)
        else { return false }
        return written.drafts(RuleCounters(), place, family).allSatisfy { rule in
            contains(rule, chain, place)
        }
    }

    // MARK: The table

    /// The table that a command names with `-t`, the filter table if none; no kind for a name that isn't a table's.
    static func tableName(_ words: [Word]) -> (kind: TableKind?, name: Argument?) {
        for (index, word) in words.enumerated() {
            var name: Argument?
            if word.text == "-t" || word.text == "--table" {
                if index + 1 < words.count { name = Argument(words[index + 1]) }
            } else if word.text.hasPrefix("--table=") {
                name = Argument(word.part(8..<word.text.utf8.count))
            } else if word.text.hasPrefix("-t"), word.text.utf8.count > 2 {
                name = Argument(word.part(2..<word.text.utf8.count))
            }
            if let name { return (TableKind(rawValue: name.text), name) }
        }
        return (.filter, nil)
    }

    private mutating func reportTable(_ name: Argument?) {
        guard let name else { return }
        let names = TableKind.allCases.map(\.rawValue)
        diagnostics.error(
            "unknown table \"\(name.text)\"", at: name.range,
            suggestion: Spelling.closest(to: name.text, among: names),
            notes: [.init("the tables are \(names.joined(separator: ", "))")])
    }
}
