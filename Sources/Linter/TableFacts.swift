import Diagnostics
import Packets
import RuleModel
import RuleSyntax

/// One table, and what lints ask about it.
final class TableFacts {
    let table: Table
    let syntax: RuleFileSyntax
    let calls: ChainUse
    /// Nil if the rules are too complex for packet sets.
    let solved: SolvedTable?

    /// - Parameter isSolved: whether packet sets are wanted.
    init(_ table: Table, _ syntax: RuleFileSyntax, family: AddressFamily, isSolved: Bool) {
        self.table = table
        self.syntax = syntax
        calls = ChainUse(table)
        solved = isSolved ? try? SolvedTable(table, calls, family: family) : nil
    }

    func subject(_ chain: Chain, _ index: Int? = nil) -> Finding.Subject {
        Finding.Subject(table: table.kind, chain: chain.name, number: index.map { $0 + 1 })
    }

    /// The base chain of a hook, if the file declares it.
    func declaredBase(_ hook: Hook) -> (chain: Chain, index: Int, declaration: SourceRange)? {
        guard let index = calls.indexes[hook.chainName], let declaration = table.chains[index].declaration
        else { return nil }
        return (table.chains[index], index, declaration)
    }

    // MARK: Text

    /// The words of a rule's line, from its command on.
    func words(_ rule: Rule) -> [Word] {
        guard case .command(let command) = syntax.lines[rule.line - 1].kind else { return [] }
        return command.words
    }

    /// The policy's name in `:INPUT ACCEPT` or `-P INPUT ACCEPT`.
    func policyWord(_ chain: Chain) -> Word? {
        guard let declaration = chain.declaration else { return nil }
        switch syntax.lines[line(of: declaration) - 1].kind {
        case .chain(let line): return line.policy
        case .command(let command): return command.words.count > 2 ? command.words[2] : nil
        default: return nil
        }
    }

    /// A line and its newline.
    func wholeLine(_ line: Int) -> SourceRange {
        let range = syntax.lines[line - 1].range
        return SourceRange(range.lower, min(range.upper + 1, syntax.file.bytes.count))
    }

    func line(of range: SourceRange) -> Int { syntax.file.position(of: range.lower).line }

    /// Takes rules out by their lines. Nil where `-I` counts on the rules that are there.
    func removal(of rules: [Rule], isSafe: Bool, _ title: String = "remove the rule") -> Finding.Fix? {
        guard !hasInsertions else { return nil }
        let lines = Set(rules.map(\.line)).sorted()
        return Finding.Fix(isSafe: isSafe, title, lines.map { Finding.Edit(wholeLine($0), "") })
    }

    private lazy var hasInsertions = table.chains.lazy.flatMap(\.rules).contains { rule in
        let command = words(rule).first?.text ?? ""
        return command == "-I" || command.hasPrefix("--ins")
    }
}
