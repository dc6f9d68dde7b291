import Diagnostics
import Packets
import RuleSyntax

/// A line of a rule file in the words of `iptables-save`.
extension RuleFileReader {
    /// Nil to keep it as it is. The reader stands before the line.
    func canonicalText(_ line: LineSyntax) -> String? {
        switch line.kind {
        case .blank, .comment, .invalid: return nil
        case .commit: return "COMMIT"
        case .table(let name): return "*\(name.text)"
        case .chain(let chain):
            guard let policy = chain.policy else { return nil }
            let counters = table?.indexes[chain.name.text] == nil ? nil : chain.counters
            return ":\(chain.name.text) \(policy.text) [\(counters?.packets ?? 0):\(counters?.bytes ?? 0)]"
        case .command(let command):
            guard let written = command.written(self), let text = written.text,
                let again = RuleFileReader.command(in: text)?.written(self), again == written
            else { return nil }
            return text
        }
    }

    /// The command that stands alone in a text.
    private static func command(in text: String) -> CommandSyntax? {
        let file = SourceFile(name: "", text: text)
        var diagnostics = DiagnosticCollector(file: file)
        let syntax = RuleFileParser(file).parse(&diagnostics)
        guard syntax.lines.count == 1, case .command(let command) = syntax.lines[0].kind else { return nil }
        return command
    }
}

extension CommandSyntax {
    /// What the command says to a reader that stands before it; nil for one that has errors or isn't for everybody.
    fileprivate func written(_ reader: RuleFileReader) -> WrittenCommand? {
        var reader = reader
        reader.diagnostics = DiagnosticCollector(file: reader.file)
        let line = reader.parse(self)
        guard let command = line.command, command != .list, line.family == nil,
            reader.diagnostics.errorCount == 0
        else { return nil }
        var written = WrittenCommand(
            command: command, chain: line.chain?.text,
            number: line.ruleNumber.flatMap { parseNumber($0.text) },
            word: line.newName?.text ?? line.policy?.text, counters: line.counters, family: reader.family)
        guard command.takesRule, command != .delete || line.ruleNumber == nil else { return written }
        guard let chain = line.chain, let rule = reader.readRule(line, chain) else { return nil }
        written.rule = rule
        return written
    }
}

/// A command by its meaning.
private struct WrittenCommand: Equatable {
    let command: RuleLine.Command
    let chain: String?
    let number: UInt64?
    /// A policy, or a chain's new name.
    let word: String?
    let counters: RuleCounters?
    let family: AddressFamily
    var rule: RuleFileReader.WrittenRule?

    /// What the rule tests and does, beside its addresses.
    private var content: RuleContent? {
        guard let rule else { return nil }
        let alone = Rule(
            header: rule.parts.header, matches: rule.matches, target: rule.target, counters: RuleCounters(),
            range: SourceRange(0, 0), line: 0, family: family)
        return RuleContent(DraftRule(rule: alone, jump: rule.jump))
    }

    static func == (a: WrittenCommand, b: WrittenCommand) -> Bool {
        a.command == b.command && a.chain == b.chain && a.number == b.number && a.word == b.word
            && a.counters == b.counters && a.content == b.content
            && a.rule?.parts.sources == b.rule?.parts.sources
            && a.rule?.parts.destinations == b.rule?.parts.destinations
    }

    var text: String? {
        var words: [String] = []
        if let counters { words.append("[\(counters.packets):\(counters.bytes)]") }
        words.append(option)
        if let chain { words.append(chain) }
        if let number { words.append("\(number)") }
        if let word { words.append(word) }
        return words.joined(separator: " ") + (rule.map { SyntaxPrinter.text(of: $0, family: family) } ?? "")
    }

    private var option: String {
        switch command {
        case .append: "-A"
        case .insert: "-I"
        case .delete: "-D"
        case .replace: "-R"
        case .check: "-C"
        case .newChain: "-N"
        case .deleteChain: "-X"
        case .renameChain: "-E"
        case .flush: "-F"
        case .zero: "-Z"
        case .policy: "-P"
        case .list: "-L"
        }
    }
}
