import Diagnostics
import Linter
import Testing

struct SuppressionTests {
    private static let dead = "-A INPUT -s 10.0.0.0/8 -j REJECT\n"

    @Test(arguments: [
        "# gatehouse: ignore=FW101 why", "#gatehouse: ignore=FW101", "## gatehouse:  ignore=FW109,FW101 why",
        "# gatehouse: ignore=FW1 all of a kind",
        "# gatehouse: ignore=FW101 why\n\n# another comment\n",
    ])
    func aCommentSilencesTheNextRule(_ comment: String) {
        let rules = Self.dead + comment + "\n-A INPUT -s 10.1.0.0/16 -j ACCEPT\n-A INPUT -s 10.2.0.0/16 -j ACCEPT"
        let report = Fixtures.lint(filter: rules, selection: LintSelection(selected: ["FW101"]))
        #expect(report.codes == ["FW101"])
        #expect(report.file.text(report.findings[0].range).contains("10.2.0.0"))
    }

    @Test(arguments: [
        "\"lint:ignore=FW101\"", "\"the old office; lint:ignore=FW101\"", "\"lint:ignore=FW104,FW101 and why\"",
        "lint:ignore=FW101",
    ])
    func aCommentInTheRuleSilencesIt(_ comment: String) {
        let rules = Self.dead + "-A INPUT -s 10.1.0.0/16 -m comment --comment \(comment) -j ACCEPT"
        #expect(Fixtures.lint(filter: rules, selection: LintSelection(selected: ["FW101"])).codes == [])
    }

    @Test func aCommentSilencesAChainsDeclaration() {
        let report = Fixtures.lint(
            filter: "# gatehouse: ignore=FW201 inner host\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]")
        #expect(report.places == ["4 FW201"])
    }

    @Test func anErrorOfTheRuleLanguageStays() {
        let report = Fixtures.lint(filter: "# gatehouse: ignore=FW001 no\n-A INPUT -p tpc")
        #expect(report.codes == ["FW001"])
        #expect(report.hasErrors)
    }

    @Test func nothingIsUnusedThatWasNotAskedFor() {
        let rules = "# gatehouse: ignore=FW202 why\n-A INPUT -i lo -j ACCEPT"
        #expect(Fixtures.lint(filter: rules).codes == ["FW900"])
        for selection in [LintSelection(ignored: ["FW202"]), LintSelection(ignored: ["FW900"])] {
            #expect(Fixtures.lint(filter: rules, selection: selection).codes == [])
        }
        // The table has errors, so FW202 didn't run.
        #expect(Fixtures.lint(filter: rules + "\n-A INPUT -p tpc").codes == ["FW001"])
    }

    @Test func unknownCodesAreNamed() throws {
        let report = Fixtures.lint(filter: "# gatehouse: ignore=FW1O1,shadowed-rule why\n-A INPUT -i lo -j ACCEPT")
        #expect(report.findings.map(\.message) == [
            "there is no lint \"FW1O1\"; did you mean FW101?", "write FW101 for shadowed-rule",
        ])
    }

    @Test(arguments: [
        (["FW1"], [], "FW101", true), (["FW1"], [], "FW201", false), (["FW1"], ["FW101"], "FW101", false),
        (["FW101"], ["FW1"], "FW101", true), (["FW101"], ["FW1"], "FW102", false), (nil, ["FW1"], "FW104", false),
        (nil, ["FW1"], "FW201", true), (nil, [], "FW201", true), (["FW"], ["FW"], "FW201", false),
    ] as [([String]?, [String], String, Bool)])
    func theLongerEntryWins(_ selected: [String]?, _ ignored: [String], _ code: String, _ expected: Bool) {
        #expect(LintSelection(selected: selected, ignored: ignored).includes(code) == expected)
    }
}
