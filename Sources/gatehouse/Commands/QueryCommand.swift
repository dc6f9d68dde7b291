import ArgumentParser
import Diagnostics
import Glibc
import Packets
import Queries
import Reports
import RuleModel
import Symbolic

struct QueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Which packets can meet a fate: header sets, and one packet that explain confirms.",
        discussion: """
            gatehouse query RULES 'verdict=ACCEPT and chain=INPUT and not dport in {22,443} and state=NEW'

            Fields are verdict (ACCEPT, DROP, REJECT), chain (the paths INPUT, FORWARD, OUTPUT), in, out, src, dst, \
            proto, sport, dport, icmp-type, flags, state, mark, length, ttl, as the packet arrives; a test is FIELD=VALUE, \
            FIELD in {A,B}, or for numbers <, <=, >, >=; tests are joined by and, or, not and parentheses.

            A verdict is that of all tables on the path, raw, mangle, filter and security, in the kernel's order; \
            the table nat isn't asked. A test with memory (limit) may answer either way; so may \
            one of a fact that nobody gave (owner), unless --unknown says how.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }
    enum Expectation: String, CaseIterable, ExpressibleByArgument { case none, some }

    @ArgumentParser.Argument(help: "A rule file, or a host snapshot.")
    var rules: String

    @ArgumentParser.Argument(help: "Which packets.")
    var expression: String

    @Option(help: ArgumentHelp("A second rule file, for IPv6.", valueName: "file"))
    var rules6: String?

    @Option(help: "The family of the rules, where the file doesn't say it: ipv4 or ipv6.")
    var family: FamilyChoice?

    @Option(help: "What goes to standard output: text or json.")
    var format: Format = .text

    @Option(help: "Exit code 1 unless there are none, or some, such packets.")
    var expect: Expectation?

    @Option(help: ArgumentHelp("How many header sets are printed for a path.", valueName: "n"))
    var limit = 10

    @OptionGroup var unknown: UnknownOption
    @OptionGroup var sets: SetOption
    @OptionGroup var color: ColorOption

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit is at least 1") }
    }

    func run() throws {
        try InputFile.checkStandardInput([rules] + [rules6, sets.ipset].compactMap { $0 })
        let file = SourceFile(name: "<expression>", text: expression)
        let (parsed, diagnostics) = ExpressionParser.parse(file)
        let input = try RuleInput(
            rules, rules6: rules6, ipset: sets.ipset, family: family, color: color.color,
            facts: unknown.handling)
        guard let parsed else {
            let renderer = DiagnosticRenderer(usesColor: color.color.isOn(for: STDERR_FILENO))
            StandardError.write(renderer.render(diagnostics))
            throw Failure.reported
        }
        var answers: [QueryAnswer] = []
        for ruleSet in input.all {
            do {
                answers += try QuerySolver(ruleSet, for: parsed).answers(parsed, limit: limit)
            } catch {
                throw Failure.tooComplex(ruleSet.file.name)
            }
        }
        for ruleSet in input.all { SetScope.remark(on: ruleSet) }
        let report = QueryReport(answers, input.all)
        switch format {
        case .text: try StandardOutput.writeAll(report.text())
        case .json: try StandardOutput.writeAll(String(decoding: report.json(), as: UTF8.self))
        }
        switch expect {
        case .some(.none) where report.isSatisfiable, .some(.some) where !report.isSatisfiable:
            throw Failure.answeredNo
        default: break
        }
    }
}

/// What answers about all packets leave out.
enum SetScope {
    static func remark(on ruleSet: RuleSet) {
        let rules = ruleSet.table(.nat)?.chains.reduce(0) { $0 + $1.rules.count } ?? 0
        if rules > 0 {
            StandardError.note(
                "\(ruleSet.file.name): the \(rules) rules of the table nat aren't asked; addresses are those before translation"
            )
        }
    }
}
