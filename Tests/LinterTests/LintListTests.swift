import Foundation
import Linter
import Testing

/// `Sources/Linter/Rules`, the list in `Linter+Standard.swift` and `Fixtures/Lints` go together.
struct LintListTests {
    private static let list = "Sources/Linter/Linter+Standard.swift"
    private static let lints = LintCatalogue.standard.lints

    @Test func everyFileIsListedAndEveryListedLintHasItsFile() {
        let folder = Fixtures.repository.appending(path: "Sources/Linter/Rules")
        let files = Set(Fixtures.names(in: folder).map { String($0.dropLast(".swift".count)) })
        let listed = LintListTests.lints.map { String(describing: $0) }
        for missing in files.subtracting(listed).sorted() {
            Issue.record(
                "\(LintListTests.list) doesn't name \(missing) of Sources/Linter/Rules/\(missing).swift")
        }
        for missing in Set(listed).subtracting(files).sorted() {
            Issue.record(
                "\(LintListTests.list) names \(missing), but there is no Sources/Linter/Rules/\(missing).swift"
            )
        }
        #expect(listed == listed.sorted(), "\(LintListTests.list) isn't in order")
    }

    @Test func everyLintHasItsFixtures() {
        let wanted = Set(LintListTests.lints.map { "\($0.description.code)-\($0.description.name)" })
        let folders = Set(Fixtures.names(in: Fixtures.lints))
        for missing in wanted.subtracting(folders).sorted() {
            Issue.record("Fixtures/Lints/\(missing) is missing")
        }
        for extra in folders.subtracting(wanted).sorted() {
            Issue.record("Fixtures/Lints/\(extra) is of no lint")
        }
        for folder in folders.sorted() {
            let files = Fixtures.names(in: Fixtures.lints.appending(path: folder))
            #expect(files == ["bad.v4", "expected", "good.v4"], "Fixtures/Lints/\(folder) holds \(files)")
        }
    }

    @Test func codesAndNamesAreUnique() {
        let all = LintCatalogue.standard.descriptions
        #expect(Set(all.map(\.code)).count == all.count)
        #expect(Set(all.map(\.name)).count == all.count)
        for lint in all {
            #expect(lint.code.wholeMatch(of: /FW[0-9]{3}/) != nil)
            #expect(lint.name.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil)
        }
    }

    /// The manual pages tell the truth: their examples have the fault, and what is to be written instead hasn't.
    @Test(arguments: LintCatalogue.standard.descriptions.map(\.code))
    func examplesHaveTheFault(_ code: String) throws {
        let lint = try #require(LintCatalogue.standard.description(code))
        func codes(_ rules: String) -> [String] {
            let isWhole = rules.hasPrefix("*") || rules.hasPrefix("ipset ")
            let text = isWhole ? rules + "\n" : "*filter\n\(rules)\nCOMMIT\n"
            return Fixtures.lint(text, name: "example").codes
        }
        #expect(codes(lint.example).contains(code), "the example of \(code): \(codes(lint.example))")
        #expect(!codes(lint.instead).contains(code), "what is to be written instead, of \(code)")
    }
}
