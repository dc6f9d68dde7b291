import Diagnostics
import RuleSyntax
import TestSupport
import Testing

struct RuleSyntaxTests {
    private func parse(_ text: String) -> (syntax: RuleFileSyntax, diagnostics: [Diagnostic]) {
        let file = SourceFile(name: "rules", text: text)
        var diagnostics = DiagnosticCollector(file: file)
        let syntax = RuleFileParser(file).parse(&diagnostics)
        return (syntax, diagnostics.diagnostics)
    }

    private func words(_ line: String) -> [String]? {
        let (syntax, _) = parse(line)
        guard case .command(let command) = syntax.lines[0].kind else { return nil }
        return command.words.map(\.text)
    }

    /// As `add_param_to_argv` splits; the kernel's answers are in the comments of `iptables-save`.
    @Test(arguments: [
        ("-A  a\tb ", ["-A", "a", "b"]),
        ("-A \"a b\" c", ["-A", "a b", "c"]),
        ("-A \"a\\\"b\\\\c\\d\"", ["-A", "a\"b\\cd"]),
        ("-A a\\b 'c d'", ["-A", "a\\b", "'c", "d'"]),
        ("-A x\"y z\"w", ["-A", "xy z", "w"]),
        ("-A \"\" \"\"", ["-A", "", ""]),
        ("-A a\"\"b", ["-A", "a", "b"]),
        ("[1:2]-A x", ["-A", "x"]),
        ("   -A x\r", ["-A", "x"]),
        ("-A é#x", ["-A", "é#x"]),
    ])
    func wordsAreSplit(_ line: String, _ expected: [String]) {
        #expect(words(line) == expected)
    }

    @Test(arguments: [
        "-A \"open", "-A \"open\\", "-A a\0b", "-A \u{1b}", "-A \u{7f}", "-A \r x", "[1:2 -A", "[12] -A",
        "foo", " # x",
        "  ", "[1:2]", "*", ":", "-A \(String(repeating: "x", count: 1024))",
        "-A\(String(repeating: " x", count: 251))", "-A\(String(repeating: " ", count: 10_238))x",
    ])
    func brokenLinesAreReported(_ line: String) throws {
        let (syntax, diagnostics) = parse(line)
        guard case .invalid = syntax.lines[0].kind else {
            Issue.record("\(line.prefix(40)) was read")
            return
        }
        #expect(diagnostics.count == 1)
        let range = try #require(diagnostics.first?.range)
        #expect(range.lower <= range.upper && range.upper <= syntax.file.bytes.count)
    }

    @Test func countersSaturate() {
        let (syntax, _) = parse("[18446744073709551616:7] -A x\n:INPUT DROP [3:4\n:u - junk\n")
        guard case .command(let command) = syntax.lines[0].kind,
            case .chain(let chain) = syntax.lines[1].kind,
            case .chain(let user) = syntax.lines[2].kind
        else {
            Issue.record("lines were not read")
            return
        }
        #expect(command.counters?.packets == .max)
        #expect(command.counters?.bytes == 7)
        #expect(chain.counters?.packets == 3)
        #expect(chain.counters?.bytes == 4)
        #expect(user.counters == nil)
    }

    @Test func linesCoverTheFile() {
        var random = SeededGenerator(seed: 1)
        let pieces = [
            "\n", "\r\n", "\r", "*filter", ":INPUT DROP [1:2]", "-A x \"", "COMMIT", "#", "é", "\0", " ", "",
        ]
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 0...20, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            let (syntax, _) = parse(text)
            var next = 0
            for (index, line) in syntax.lines.enumerated() {
                #expect(line.number == index + 1)
                #expect(line.range.lower == next)
                next = line.range.upper + 1
            }
            #expect(next == syntax.file.bytes.count + 1)
        }
    }

    @Test func wordsPointAtTheirText() {
        let text = "-A  INPUT\t-m comment --comment \"a b\" -j é"
        let (syntax, _) = parse(text)
        guard case .command(let command) = syntax.lines[0].kind else {
            Issue.record("no command")
            return
        }
        let written = command.words.map { syntax.file.text($0.range) }
        #expect(written == ["-A", "INPUT", "-m", "comment", "--comment", "\"a b\"", "-j", "é"])
    }
}
