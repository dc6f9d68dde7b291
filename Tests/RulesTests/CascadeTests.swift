import Diagnostics
import Extensions
import Foundation
import RuleModel
import TestSupport
import Testing

/// One mistake, one error: in rule files that are right one word is broken.
struct CascadeTests {
    private static let files: [String] = {
        let folder = Fixtures.root.deletingLastPathComponent().appending(path: "Rules")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".v4") || $0.hasSuffix(".v6") }.sorted()
    }()

    @Test func thereAreFiles() { #expect(Self.files.count > 5) }

    @Test(arguments: files)
    func oneBrokenWordMakesOneError(_ name: String) throws {
        let path = Fixtures.root.deletingLastPathComponent().appending(path: "Rules/\(name)")
        let text = try String(contentsOf: path, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let written = lines.indices.filter { !lines[$0].isEmpty && !lines[$0].hasPrefix("#") }
        var random = SeededGenerator(seed: UInt64(lines.count))
        var broken = 0
        var doubles: [String] = []
        for _ in 0..<150 {
            var changed = lines
            let line = written.randomElement(using: &random)!
            changed[line] = Self.damaged(changed[line], &random)
            let file = SourceFile(name: name, text: changed.joined(separator: "\n"))
            let errors = RuleSetBuilder(catalogue: .standard).build(file).diagnostics
                .filter { $0.severity == .error }
            if !errors.isEmpty { broken += 1 }
            #expect(errors.count <= 2, "\(changed[line]): \(errors.map(\.message))")
            if errors.count > 1 { doubles.append("\(changed[line]): \(errors.map(\.message))") }
        }
        #expect(broken > 50)
        // A word that is broken may make two mistakes.
        #expect(doubles.count <= 4, "\(doubles.joined(separator: "\n"))")
    }

    /// A line with one word misspelt, or taken out.
    private static func damaged(_ line: String, _ random: inout SeededGenerator) -> String {
        var words = line.split(separator: " ", omittingEmptySubsequences: false).map { Array($0) }
        let index = words.indices.filter { !words[$0].isEmpty }.randomElement(using: &random)!
        let place = words[index].indices.randomElement(using: &random)!
        switch Int.random(in: 0..<5, using: &random) {
        case 0: words[index].remove(at: place)
        case 1: words[index].insert(words[index][place], at: place)
        case 2: if words[index].count > 1 { words[index].swapAt(place, place == 0 ? 1 : place - 1) }
        case 3: words[index] = []
        default: words[index].append("x")
        }
        return words.map { String($0) }.joined(separator: " ")
    }
}
