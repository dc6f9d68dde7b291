import Diagnostics
import Extensions
import Foundation
import Packets
import RuleModel
import Testing

/// The rule files of real users, against what the kernel held after `iptables-restore`. The corpus has other
/// people's licences and lies beside the repository, so the test is skipped where it isn't.
@Suite(.enabled(if: SharedMaterial.exists("corpus/rulesets")))
struct CorpusTests {
    static let folder = SharedMaterial.root.appending(path: "corpus/rulesets")

    /// Refused where they were tried, for want of the kernel's modules ULOG and ipvs.
    private static let needsModules: Set<String> = ["8340e238c3d55d26.rules", "e504eb472c4a03aa.rules"]

    struct Comparison {
        var compared = 0
        var unsupported = 0
        var differences: [String] = []
        var wronglyRefused: [String] = []
        var wronglyAccepted: [String] = []
    }

    @Test func printsWhatTheKernelHolds() throws {
        var result = Comparison()
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
            .filter { $0.hasSuffix(".rules") }.sorted()
        for name in names { try compare(name, &result) }
        print("corpus: \(names.count) files, \(result.compared) compared, \(result.unsupported) unsupported")
        #expect(result.differences == [])
        #expect(result.wronglyRefused == [])
        #expect(result.wronglyAccepted == [])
        #expect(result.compared > 50)
    }

    private func compare(_ name: String, _ result: inout Comparison) throws {
        let bytes = try Array(Data(contentsOf: Self.folder.appending(path: name)))
        let saved = try? String(
            contentsOf: Self.folder.appending(path: name.replacing(".rules", with: ".saved")), encoding: .utf8
        )
        let built = RuleSetBuilder(catalogue: .standard).build(SourceFile(name: name, bytes: bytes))
        guard let ruleSet = built.ruleSet else {
            let needsMore = built.diagnostics.contains { $0.message.contains("not supported yet") }
            if needsMore {
                result.unsupported += 1
            } else if saved != nil, let first = built.diagnostics.first(where: { $0.severity == .error }) {
                let line = first.file.position(of: first.range.lower).line
                result.wronglyRefused.append("\(name):\(line): \(first.message)")
            }
            return
        }
        guard let saved else {
            if !Self.needsModules.contains(name) { result.wronglyAccepted.append(name) }
            return
        }
        result.compared += 1
        let ours = tables(SyntaxPrinter(ruleSet).text())
        let theirs = tables(saved)
        for (table, lines) in theirs where ours[table] != lines {
            let difference = zip(ours[table] ?? [], lines).first { $0 != $1 }
            result.differences.append("\(name) \(table): \(difference.map { "\($0) <> \($1)" } ?? "length")")
        }
        if Set(ours.keys) != Set(theirs.keys) { result.differences.append("\(name): tables") }
    }

    /// The lines of each table; policies' counters are zeroed, as the kernel's were.
    private func tables(_ text: String) -> [String: [String]] {
        var tables: [String: [String]] = [:]
        var current = ""
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            if line.hasPrefix("*") { current = String(line) }
            let isPolicy = line.hasPrefix(":")
            let text = isPolicy ? line.split(separator: " ").prefix(2).joined(separator: " ") : String(line)
            tables[current, default: []].append(text)
        }
        return tables
    }
}
