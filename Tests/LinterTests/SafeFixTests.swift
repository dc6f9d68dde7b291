import Diagnostics
import Extensions
import Linter
import Packets
import RuleModel
import Symbolic
import TestSupport
import Testing

/// What is called a safe fix changes the treatment of no packet.
struct SafeFixTests {
    private func filter(_ text: String) throws -> Table {
        let built = RuleSetBuilder(catalogue: .standard).build(SourceFile(name: "rules.v4", text: text))
        return try #require(built.ruleSet?.table(.filter), "\(text)")
    }

    /// All edits at once, from the last to the first; of those that touch each other one.
    private func applied(_ edits: [Finding.Edit], to text: String) -> String {
        var bytes = Array(text.utf8)
        var end = bytes.count + 1
        for edit in edits.sorted(by: { $0.range.lower > $1.range.lower }) where edit.range.upper <= end {
            bytes.replaceSubrange(edit.range.lower..<edit.range.upper, with: edit.replacement.utf8)
            end = edit.range.lower
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: 0..<150)
    func allTogetherChangeNothing(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let text = RandomFilter.text(&random)
        let fixes = Fixtures.lint(text).findings.filter { $0.lint.code != "FW005" }.compactMap(\.fix)
        let safe = fixes.filter(\.isSafe).flatMap(\.edits)
        let mended = applied(safe, to: text)
        if mended == text { return }
        let (before, after) = (try filter(text), try filter(mended))
        let space = PacketSpace(family: .ipv4, tables: [before, after])
        let (old, new) = (try TableSets(before, in: space), try TableSets(after, in: space))
        for chain in ["INPUT", "FORWARD", "OUTPUT"] {
            let (first, second) = (old.fate(of: chain), new.fate(of: chain))
            #expect(first.accepted == second.accepted, "\(chain) of\n\(text)\nmended\n\(mended)")
            #expect(first.rejected == second.rejected, "\(chain) of\n\(text)\nmended\n\(mended)")
        }
    }

    @Test func thereAreSafeFixes() {
        let count = (0..<150).reduce(0) { sum, seed in
            var random = SeededGenerator(seed: UInt64(seed))
            return sum + Fixtures.lint(RandomFilter.text(&random)).findings.count { $0.fix?.isSafe == true }
        }
        #expect(count > 100)
    }
}
