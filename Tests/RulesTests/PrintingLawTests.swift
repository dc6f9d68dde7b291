import Diagnostics
import Extensions
import Foundation
import RuleModel
import Testing

/// parse ∘ print is the identity, so print ∘ parse ∘ print is stable.
struct PrintingLawTests {
    @Test func ourRuleFilesReadBack() throws {
        let folder = Fixtures.root.deletingLastPathComponent().appending(path: "Rules")
        for url in try ruleFiles(in: folder) {
            let isSound = try readBack(url)
            #expect(isSound, "\(url.lastPathComponent)")
        }
    }

    @Test(.enabled(if: SharedMaterial.exists("corpus/rulesets")))
    func rulesOfRealUsersReadBack() throws {
        let files = try ruleFiles(in: SharedMaterial.root.appending(path: "corpus/rulesets"))
        var count = 0
        for url in files where try readBack(url) { count += 1 }
        #expect(count > 50)
    }

    private func ruleFiles(in folder: URL) throws -> [URL] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".rules") || $0.hasSuffix(".v4") || $0.hasSuffix(".v6") }.sorted()
            .map { folder.appending(path: $0) }
    }

    /// - Returns: whether the file is a rule set at all.
    private func readBack(_ url: URL) throws -> Bool {
        let file = SourceFile(name: url.lastPathComponent, bytes: try Array(Data(contentsOf: url)))
        guard let first = RuleSetBuilder(catalogue: .standard).build(file).ruleSet else { return false }
        let printed = RuleText.save(first)
        let built = RuleText.build(printed, family: first.family)
        let second = try #require(built.ruleSet, "\(file.name): \(built.diagnostics.map(\.message))")
        #expect(RuleText.save(second) == printed, "\(file.name)")
        #expect(first.tables.map(\.kind) == second.tables.map(\.kind))
        for (a, b) in zip(first.tables, second.tables) {
            #expect(a.chains.map(\.name) == b.chains.map(\.name))
            #expect(a.chains.map(\.counters) == b.chains.map(\.counters))
            #expect(a.chains.map { $0.rules.map(\.condition) } == b.chains.map { $0.rules.map(\.condition) })
            #expect(a.chains.map { $0.rules.map(\.counters) } == b.chains.map { $0.rules.map(\.counters) })
        }
        return true
    }
}
