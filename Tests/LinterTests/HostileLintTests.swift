import Diagnostics
import Foundation
import Linter
import Reports
import RuleModel
import TestSupport
import Testing

struct HostileLintTests {
    private static let sequences = "\u{9b}2J\u{202e}\u{2066}\u{feff}\u{200b}\u{e0041}\u{85}\u{2028}"

    @Test func stringsOfTheRulesAreHarmless() throws {
        let name = "c\(Self.sequences)"
        let rules = """
            *filter
            :INPUT ACCEPT [0:0]
            :\(name) - [0:0]
            -A INPUT -j \(name)
            -A INPUT -m comment --comment "\(Self.sequences)\\" lint:ignore=FW\(Self.sequences)" -j LOG
            # gatehouse: ignore=FW1\(Self.sequences) x
            -A INPUT -i "e\(Self.sequences)" -j DROP
            -A INPUT -i "e\(Self.sequences)" -j ACCEPT
            COMMIT
            """
        let report = Fixtures.lint(rules, name: "a\u{1b}[2J\n\(Self.sequences)")
        #expect(report.findings.count >= 3)
        let outputs = [
            LintText().text([report]), String(decoding: LintJSON.bytes([report]), as: UTF8.self),
            String(decoding: LintSARIF(version: "1").bytes([report]), as: UTF8.self),
        ]
        for output in outputs {
            let unsafe = output.unicodeScalars.filter { character in
                switch character.properties.generalCategory {
                case .control: character != "\n"
                case .format, .lineSeparator, .paragraphSeparator: true
                default: false
                }
            }
            #expect(unsafe.isEmpty, "\(unsafe)")
        }
        for document in outputs.dropFirst() {
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(document.utf8)) }
        }
    }

    /// Whatever the rules are, every finding has a place in the file, and edits in it.
    @Test(arguments: 0..<60)
    func randomRulesAreSurvived(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let words = [
            "-A", "-I", "-N", "-P", "INPUT", "FORWARD", "a", "b", "c", "-j", "-g", "ACCEPT", "DROP", "RETURN", "LOG", "MARK",
            "--set-mark", "1", "-s", "10.0.0.0/8,10.1.0.0/16", "!", "-d", "192.0.2.1", "-p", "tcp", "udp", "icmp", "-m",
            "--dport", "22", "80:90", "multiport", "--dports", "1,2,3:9", "state", "--state", "NEW", "ESTABLISHED", "limit",
            "-i", "lo", "eth+", "comment", "--comment", "\"lint:ignore=FW101\"", "mark", "--mark", "addrtype",
            "--dst-type", "LOCAL", "--syn",
        ]
        var rules = RandomFilter.text(&random)
        if seed % 3 == 0 {
            let line = (0..<6).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " ")
            rules = rules.replacingOccurrences(of: "COMMIT", with: line + "\nCOMMIT")
        }
        let report = Fixtures.lint(rules)
        let size = report.file.bytes.count
        for finding in report.findings {
            let ranges = [finding.range] + finding.related.map(\.range) + (finding.fix?.edits.map(\.range) ?? [])
            for range in ranges { #expect(0 <= range.lower && range.lower <= range.upper && range.upper <= size) }
            #expect(finding.confidence == .proved || finding.severity != .error)
        }
        #expect(LintText().text([report]).hasSuffix("\n"))
    }

    @Test(arguments: [
        "-A INPUT -s 10.0.0.1/32 -j ACCEPT\n", "-A INPUT -j DROP\n", "-A INPUT -m limit -j LOG\n",
        "-A INPUT -p tcp -m tcp --dport 22 -m state --state NEW -j ACCEPT\n",
    ])
    func manyEqualRulesTakeNoQuadraticTime(_ rule: String) {
        let report = Fixtures.lint(filter: ":INPUT DROP [0:0]\n" + String(repeating: rule, count: 3000))
        #expect(report.tooComplexTables.isEmpty)
    }

    @Test func deepCallsAreSurvived() {
        let chains = (0..<3000).map { ":c\($0) - [0:0]\n" }.joined()
        let calls = (0..<2999).map { "-A c\($0) -p tcp -j c\($0 + 1)\n" }.joined()
        let report = Fixtures.lint(filter: ":INPUT DROP [0:0]\n\(chains)-A INPUT -j c0\n\(calls)-A c2999 -j ACCEPT")
        #expect(!report.hasErrors)
        #expect(!report.codes.contains("FW005"))
    }
}
