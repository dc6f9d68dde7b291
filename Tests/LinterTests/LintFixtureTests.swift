import Foundation
import Linter
import Reports
import Testing

/// `Fixtures/Lints/CODE-NAME`: what is printed about `bad.v4`, and nothing about `good.v4`. Set `GATEHOUSE_RECORD=1` to
/// write what is printed now, then read the difference.
struct LintFixtureTests {
    private static let folders = Fixtures.names(in: Fixtures.lints)

    @Test(arguments: folders)
    func badRulesAreFound(_ name: String) throws {
        let folder = Fixtures.lints.appending(path: name)
        let report = try Fixtures.lint(folder.appending(path: "bad.v4"), name: "bad.v4")
        let printed = LintText().text([report])
        let expected = folder.appending(path: "expected")
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] != nil {
            try printed.write(to: expected, atomically: true, encoding: .utf8)
        }
        #expect(printed == (try String(contentsOf: expected, encoding: .utf8)))
        #expect(report.codes.contains(String(name.prefix(5))))
    }

    @Test(arguments: folders)
    func goodRulesAreLeftAlone(_ name: String) throws {
        let report = try Fixtures.lint(Fixtures.lints.appending(path: name + "/good.v4"), name: "good.v4")
        #expect(LintText().text([report]) == "no findings\n")
    }
}
