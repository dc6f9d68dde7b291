import Extensions
import Foundation
import RuleModel
import TestSupport
import Testing

/// The folders of matches and targets, the lists in `Catalogue+Standard.swift` and the tables go together.
struct ExtensionListTests {
    private static let sources = Fixtures.root.deletingLastPathComponent().appending(
        path: "Sources/Extensions")

    /// The types in a folder, by the names of their files.
    private func types(in folder: String) throws -> Set<String> {
        let files = try FileManager.default.contentsOfDirectory(
            atPath: ExtensionListTests.sources.appending(path: folder).path)
        return Set(files.filter { $0.hasSuffix(".swift") }.map { String($0.dropLast(6)) })
    }

    private func compare(_ folder: String, _ listed: [String]) throws {
        let files = try types(in: folder)
        let list = "Sources/Extensions/Catalogue+Standard.swift"
        for missing in files.subtracting(listed).sorted() {
            Issue.record("\(list) doesn't name \(missing) of Sources/Extensions/\(folder)/\(missing).swift")
        }
        for missing in Set(listed).subtracting(files).sorted() {
            Issue.record(
                "\(list) names \(missing), but there is no Sources/Extensions/\(folder)/\(missing).swift")
        }
        #expect(listed == listed.sorted { $0.lowercased() < $1.lowercased() }, "\(list) isn't in order")
        #expect(Set(listed).count == listed.count, "\(list) names something twice")
    }

    private func tables(_ folder: String, _ names: [String]) throws {
        let files = try Set(Fixtures.names(in: folder, extension: "table"))
        for missing in Set(names).subtracting(files).sorted() {
            Issue.record("Fixtures/\(folder)/\(missing).table is missing")
        }
        for extra in files.subtracting(names).sorted() {
            Issue.record("Fixtures/\(folder)/\(extra).table is of no extension")
        }
    }

    @Test func everyFileIsListedAndEveryListedTypeHasItsFile() throws {
        try compare("Matches", Catalogue.standard.matches.map { String(describing: $0) })
        try compare("Targets", Catalogue.standard.targets.map { String(describing: $0) })
    }

    @Test func everyExtensionHasItsTable() throws {
        try tables("Matches", Catalogue.standard.matches.map { $0.schema.name })
        try tables("Targets", Catalogue.standard.targets.map { $0.schema.name })
    }
}
