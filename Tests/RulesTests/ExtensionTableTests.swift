import Diagnostics
import Extensions
import Foundation
import RuleModel
import TestSupport
import Testing

/// The tables of matches and targets, which `Scripts/check-tables.py` held against the kernel.
struct ExtensionTableTests {
    static let tables: [String] =
        (try? ["Matches", "Targets"].flatMap { folder in
            try Fixtures.names(in: folder, extension: "table").map { "\(folder)/\($0)" }
        }) ?? []

    @Test(arguments: tables)
    func casesAreAnsweredAsTheKernelAnswersThem(_ name: String) throws {
        let table = try TableFile(Fixtures.root.appending(path: "\(name).table"))
        let sets = RuleText.sets(table.sets)
        #expect((sets == nil) == table.sets.isEmpty)
        #expect(table.cases.contains { $0.saved == nil } && table.cases.contains { $0.saved != nil })
        for test in table.cases {
            let isBase = test.chain.uppercased() == test.chain
            let text =
                "*\(test.table)\n\(isBase ? "" : ":\(test.chain) - [0:0]\n")"
                + (test.before + [test.rule]).map { "-A \(test.chain) \($0)\n" }.joined() + "COMMIT\n"
            let built = RuleText.build(text, family: test.family, sets: sets)
            let prefix = "-A \(test.chain)"
            let printed = built.ruleSet.map { ruleSet in
                SyntaxPrinter(ruleSet).text().split(separator: "\n").filter { $0.hasPrefix("-A ") }
                    .dropFirst(test.before.count).map {
                        $0.dropFirst(prefix.count).trimmingCharacters(in: .whitespaces)
                    }
            }
            #expect(
                printed == test.saved.map { [$0] },
                """
                \(name).table:\(test.line): \(test.family) \(test.table) \(test.chain): \(test.rule): \
                \(built.diagnostics.map(\.message))
                """)
        }
    }

    /// An error points into the line of the rule, and not at nothing.
    @Test(arguments: tables)
    func errorsHaveTheirPlace(_ name: String) throws {
        let table = try TableFile(Fixtures.root.appending(path: "\(name).table"))
        let sets = RuleText.sets(table.sets)
        for test in table.cases where test.saved == nil {
            let text = "*\(test.table)\n-A \(test.chain) \(test.rule)\n"
            let errors = RuleText.build(text + "COMMIT\n", family: test.family, sets: sets).diagnostics
                .filter { $0.severity == .error }
            for error in errors {
                #expect(error.range.lower <= error.range.upper && error.range.upper <= text.utf8.count)
                #expect(error.range.lower >= text.split(separator: "\n")[0].utf8.count)
            }
        }
    }
}
