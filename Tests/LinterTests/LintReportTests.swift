import Diagnostics
import Foundation
import Linter
import Reports
import Testing

/// Findings as JSON and SARIF, read back with another reader.
struct LintReportTests {
    private static let rules = """
        :INPUT DROP [0:0]
        -A INPUT -s 10.0.0.0/8 -j REJECT
        -A INPUT -s 10.1.0.0/16 -m comment --comment "Bürö" -j ACCEPT
        """

    private func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    private func sarif(_ reports: [LintReport]) throws -> (run: [String: Any], results: [[String: Any]]) {
        let log = try object(LintSARIF(version: "1.2.3").bytes(reports))
        #expect(log["version"] as? String == "2.1.0")
        #expect((log["$schema"] as? String)?.hasSuffix("/sarif-schema-2.1.0.json") == true)
        let runs = try #require(log["runs"] as? [[String: Any]])
        #expect(runs.count == 1)
        return (runs[0], try #require(runs[0]["results"] as? [[String: Any]]))
    }

    @Test func jsonHasTheContractsMembers() throws {
        let document = try object(LintJSON.bytes([Fixtures.lint(filter: Self.rules)]))
        let findings = try #require(document["findings"] as? [[String: Any]])
        #expect(findings.count == 1)
        let finding = findings[0]
        for (key, value) in [
            ("code", "FW101"), ("name", "shadowed-rule"), ("severity", "error"), ("confidence", "proved"),
            ("file", "rules.v4"), ("table", "filter"), ("chain", "INPUT"),
        ] {
            #expect(finding[key] as? String == value)
        }
        #expect(finding["line"] as? Int == 4)
        #expect(finding["column"] as? Int == 1)
        #expect(finding["number"] as? Int == 2)
        #expect((finding["witness"] as? String)?.hasPrefix("tcp 10.1.") == true)
        let related = try #require(finding["related"] as? [[String: Any]])
        #expect(related.map { $0["line"] as? Int } == [3])
        #expect(related.map { $0["number"] as? Int } == [1])
        let fix = try #require(finding["fix"] as? [String: Any])
        #expect(fix["safe"] as? Bool == false)
        let edits = try #require(fix["edits"] as? [[String: Any]])
        #expect(edits.map { $0["line"] as? Int } == [4])
        #expect(edits.map { $0["endLine"] as? Int } == [5])
        #expect(edits.map { $0["text"] as? String } == [""])
    }

    @Test func sarifHasWhatTheStandardRequires() throws {
        let (run, results) = try sarif([Fixtures.lint(filter: Self.rules, selection: LintSelection())])
        let tool = try #require(run["tool"] as? [String: Any])
        let driver = try #require(tool["driver"] as? [String: Any])
        #expect(driver["name"] as? String == "gatehouse")
        let rules = try #require(driver["rules"] as? [[String: Any]])
        #expect(rules.compactMap { $0["id"] as? String } == LintCatalogue.standard.descriptions.map(\.code))
        let result = try #require(results.first)
        #expect(result["ruleId"] as? String == "FW101")
        let index = try #require(result["ruleIndex"] as? Int)
        #expect(rules[index]["id"] as? String == "FW101")
        #expect(result["level"] as? String == "error")
        #expect((result["message"] as? [String: Any])?["text"] is String)
        let location = try #require((result["locations"] as? [[String: Any]])?.first)
        let physical = try #require(location["physicalLocation"] as? [String: Any])
        #expect((physical["artifactLocation"] as? [String: Any])?["uri"] as? String == "rules.v4")
        let region = try #require(physical["region"] as? [String: Int])
        // Columns count characters: the line has two of two bytes each.
        #expect(region == ["startLine": 4, "startColumn": 1, "endLine": 4, "endColumn": 62])
        let related = try #require(result["relatedLocations"] as? [[String: Any]])
        #expect(related.count == 1)
        #expect(result["fixes"] is [[String: Any]])
    }

    @Test func sarifOfCleanRulesHasNoResults() throws {
        let (run, results) = try sarif([Fixtures.lint("")])
        #expect(results.isEmpty)
        #expect(run["results"] is [Any])
    }

    @Test func fingerprintsStayWhereLinesMove() throws {
        func fingerprints(_ rules: String) throws -> [String] {
            try sarif([Fixtures.lint(filter: rules)]).results.map { result in
                try #require((result["partialFingerprints"] as? [String: String])?["gatehouseRule/v1"])
            }
        }
        let before = try fingerprints(Self.rules)
        #expect(before == (try fingerprints("# a comment\n" + Self.rules)))
        let twice = try fingerprints(Self.rules + "\n-A INPUT -s 10.1.0.0/16 -m comment --comment \"Bürö\" -j ACCEPT")
        #expect(twice.count == 2)
        #expect(Set(twice).count == 2)
        #expect(twice[0] == before[0])
    }

    @Test(arguments: [
        ("rules.v4", "rules.v4"), ("/etc/a b.v4", "file:///etc/a%20b.v4"), ("<stdin>", "%3Cstdin%3E"),
        ("a:b%c\n\u{1b}.v4", "a%3Ab%25c%0A%1B.v4"), ("ö", "%C3%B6"),
    ])
    func fileNamesAreReferences(_ name: String, _ uri: String) throws {
        let (_, results) = try sarif([Fixtures.lint("*filter\n:x - [0:0]\nCOMMIT\n", name: name)])
        let location = try #require((results[0]["locations"] as? [[String: Any]])?.first)
        let physical = try #require(location["physicalLocation"] as? [String: Any])
        #expect((physical["artifactLocation"] as? [String: Any])?["uri"] as? String == uri)
    }
}
