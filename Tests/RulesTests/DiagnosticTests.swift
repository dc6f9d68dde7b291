import Diagnostics
import Extensions
import Foundation
import RuleModel
import Testing

struct DiagnosticTests {
    /// One file a kind of mistake. `GATEHOUSE_RECORD=1` writes what is printed now, to be read and committed.
    @Test(arguments: try Fixtures.names(in: "Diagnostics", extension: "rules"))
    func mistakesAreExplained(_ name: String) throws {
        let file = SourceFile(name: "\(name).rules", bytes: try Fixtures.bytes("Diagnostics/\(name).rules"))
        let built = RuleSetBuilder(catalogue: .standard).buildAll(file)
        let printed = DiagnosticRenderer().render(built.diagnostics)
        let expected = "Diagnostics/\(name).expected"
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] == "1" {
            try Data(printed.utf8).write(to: Fixtures.root.appending(path: expected))
        }
        #expect(printed == (try Fixtures.text(expected)))
        #expect(built.ruleSets.isEmpty)
    }

    @Test func colorMarksSeverityAndCaret() {
        let built = RuleText.build("*filter\n-A INPUT -p tpc\nCOMMIT\n")
        let printed = DiagnosticRenderer(usesColor: true).render(built.diagnostics)
        let lines = printed.split(separator: "\n")
        #expect(lines[0].hasPrefix("\u{1b}[1mrules:2:13:\u{1b}[0m \u{1b}[1;31merror:\u{1b}[0m "))
        #expect(lines[1] == "-A INPUT -p tpc")
        #expect(lines[2] == "            \u{1b}[1;32m^~~\u{1b}[0m")
        #expect(lines[3] == "1 error")
    }

    @Test func terminalSequencesAreHarmless() {
        let hostile = "\u{1b}]0;x\u{7}\u{9b}2J\u{202e}\u{2066}\u{feff}\u{200b}\u{e0041}"
        let file = SourceFile(name: "a\u{1b}[2J\n", text: "*filter\n-A INPUT -s \"\(hostile)\"\nCOMMIT\n")
        let diagnostic = Diagnostic(
            code: "FW001", severity: .error, message: "no \(hostile)", file: file, range: SourceRange(21, 60),
            suggestion: hostile)
        let printed = DiagnosticRenderer().render([diagnostic])
        let unsafe = printed.unicodeScalars.filter {
            $0 != "\n"
                && ($0.properties.generalCategory == .control || $0.properties.generalCategory == .format)
        }
        #expect(unsafe.isEmpty)
        #expect(printed.split(separator: "\n").count == 4)
    }

    @Test func rangesOutsideTextAreShown() {
        let file = SourceFile(name: "x", bytes: [0xff, 0xfe, 0x41, 0x80])
        for lower in 0...4 {
            for upper in lower...4 {
                let diagnostic = Diagnostic(
                    code: "", severity: .warning, message: "m", file: file, range: SourceRange(lower, upper))
                let lines = DiagnosticRenderer().render([diagnostic]).split(separator: "\n")
                #expect(lines[2].filter { $0 == "^" }.count == 1)
                #expect(lines[2].count <= 5)
            }
        }
    }

    @Test func diagnosticsAreBounded() {
        let built = RuleText.build(
            "*filter\n" + String(repeating: "-A INPUT -p tpc\n", count: 5000) + "COMMIT\n")
        #expect(built.diagnostics.count == 201)
        #expect(built.diagnostics.last?.message == "200 errors; the rest of the file was not read")
    }

    /// A file with very many chains, and very many that are missing, is read without comparing each with each.
    @Test func suggestionsHaveABound() {
        let names = (0..<Spelling.mostCandidates).map { "chain\($0)" }
        #expect(Spelling.closest(to: "chian77", among: names) == "chain77")
        #expect(Spelling.closest(to: "WBE", among: names + ["WEB"]) == nil)
    }

    @Test func manyWarningsStopNothing() throws {
        let rules = String(repeating: "-A FORWARD -i eth0/1\n", count: 5000)
        let built = RuleText.build("*filter\n\(rules)COMMIT\n")
        let ruleSet = try #require(built.ruleSet)
        #expect(ruleSet.tables[0].chains[1].rules.count == 5000)
        #expect(built.diagnostics.count == 201)
    }

    @Test(arguments: [
        ("--dprot", ["--sport", "--dport"], "--dport"), ("WBE", ["WEB", "ABC"], "WEB"),
        ("x", ["abcdef"], nil),
        ("accept", ["DROP", "ACCEPT"], "ACCEPT"), ("", ["a"], nil),
    ])
    func nearWordsAreSuggested(_ word: String, _ candidates: [String], _ expected: String?) {
        #expect(Spelling.closest(to: word, among: candidates) == expected)
    }
}
