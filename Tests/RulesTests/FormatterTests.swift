import Diagnostics
import Extensions
import Foundation
import Packets
import RuleModel
import TestSupport
import Testing

struct FormatterTests {
    private func format(_ bytes: [UInt8], _ name: String = "rules") -> RuleFormatter.Result? {
        RuleFormatter(catalogue: .standard).format(SourceFile(name: name, bytes: bytes)).result
    }

    /// `GATEHOUSE_RECORD=1` writes what it becomes now, to be read and committed.
    @Test func aFileOfSeveralHandsBecomesOneSpelling() throws {
        let result = try #require(format(try Fixtures.bytes("Format/office.rules")))
        let place = "Format/office.expected"
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] == "1" {
            try Data(result.text).write(to: Fixtures.root.appending(path: place))
        }
        #expect(String(decoding: result.text, as: UTF8.self) == (try Fixtures.text(place)))
        try checkLaws(try Fixtures.bytes("Format/office.rules"))
    }

    /// The rules before and after are the same, and what is formatted stays as it is.
    private func checkLaws(_ bytes: [UInt8], _ name: String = "rules") throws {
        let builder = RuleSetBuilder(catalogue: .standard)
        let before = builder.build(SourceFile(name: name, bytes: bytes)).ruleSet
        guard let result = format(bytes, name) else {
            #expect(before == nil)
            return
        }
        let first = try #require(before)
        let built = builder.build(SourceFile(name: name, bytes: result.text))
        let second = try #require(built.ruleSet, "\(name): \(built.diagnostics.map(\.message))")
        #expect(first.family == second.family)
        #expect(RuleText.save(first) == RuleText.save(second), "\(name)")
        for (a, b) in zip(first.tables, second.tables) {
            #expect(a.chains.map { $0.rules.map(\.condition) } == b.chains.map { $0.rules.map(\.condition) })
        }
        #expect(format(result.text, name)?.text == result.text, "\(name)")
        checkDiff(result, bytes)
    }

    /// The lines put together are the two texts.
    private func checkDiff(_ result: RuleFormatter.Result, _ old: [UInt8]) {
        var (removed, added): ([UInt8], [UInt8]) = ([], [])
        for line in result.lines {
            switch line {
            case .kept(let bytes): (removed, added) = (removed + bytes, added + bytes)
            case .removed(let bytes): removed += bytes
            case .added(let bytes): added += bytes
            }
        }
        #expect(removed == old)
        #expect(added == result.text)
    }

    @Test func commentsAndOrderStay() throws {
        let text = "#a \n\n\n*filter\n# \u{e9}\t\n:u - [1:1]\n#\n-A u\n\nCOMMIT\n*nat\nCOMMIT\n# end\n\n"
        let result = try #require(format(Array(text.utf8)))
        #expect(
            String(decoding: result.text, as: UTF8.self)
                == "#a\n\n*filter\n# \u{e9}\n:u - [0:0]\n#\n-A u\n\nCOMMIT\n\n*nat\nCOMMIT\n# end\n")
    }

    @Test func bytesOfCommentsStay() throws {
        let result = try #require(
            format([UInt8](Array("*filter\n# ".utf8) + [0xff, 0xfe] + Array("\nCOMMIT\n".utf8))))
        #expect(result.text.contains(0xff))
    }

    @Test(arguments: ["*filter\n-A INPUT -p tpc\nCOMMIT\n", "iptables -F\n", "*filter\n"])
    func errorsAndScriptsAreRefused(_ text: String) {
        #expect(format(Array(text.utf8)) == nil)
    }

    @Test func emptyFilesStayEmpty() {
        #expect(format([])?.text == [])
        #expect(format(Array("\n \n".utf8)) == nil || format(Array("\n\n".utf8))?.text == [])
    }

    @Test func ourRuleFilesKeepTheLaws() throws {
        let folder = Fixtures.root.deletingLastPathComponent().appending(path: "Rules")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        where name.hasSuffix(".v4") || name.hasSuffix(".v6") {
            try checkLaws(Array(Data(contentsOf: folder.appending(path: name))), name)
        }
    }

    @Test(.enabled(if: SharedMaterial.exists("corpus/rulesets")))
    func rulesOfRealUsersKeepTheLaws() throws {
        let folder = SharedMaterial.root.appending(path: "corpus/rulesets")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        where name.hasSuffix(".rules") {
            try checkLaws(Array(Data(contentsOf: folder.appending(path: name))), name)
        }
    }

    /// Every case of the tables of matches and targets, as one line each.
    @Test func everyOptionKeepsTheLaws() throws {
        for name in ExtensionTableTests.tables {
            for test in try TableFile(Fixtures.root.appending(path: "\(name).table")).cases
            where test.saved != nil {
                let chain = test.chain.uppercased() == test.chain ? "" : ":\(test.chain) - [0:0]\n"
                let text =
                    "# \(test.family == .ipv6 ? "ip6tables-save" : "")\n*\(test.table)\n\(chain)-A \(test.chain) "
                try checkLaws(
                    Array((text + "\(test.rule)\nCOMMIT\n").utf8),
                    "rules.\(test.family == .ipv6 ? "v6" : "v4")")
            }
        }
    }

    @Test(arguments: 0..<10)
    func damagedFilesKeepTheLaws(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let pieces = ["\n", "\n\n", " ", "\t", "! ", "\r", "# x\n", "[1:2] ", "\"", "-4 ", ","]
        for _ in 0..<100 {
            var bytes = Array(HostileRulesTests.seeds.randomElement(using: &random)!.utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                bytes.insert(contentsOf: pieces.randomElement(using: &random)!.utf8, at: place)
            }
            try checkLaws(bytes)
        }
    }

    // MARK: Differences

    @Test func hunksAreThoseOfDiff() {
        func line(_ text: String) -> [UInt8] { Array("\(text)\n".utf8) }
        let kept = (1...20).map { UnifiedDiff.Line.kept(line("\($0)")) }
        var lines = kept
        lines.insert(.removed(line("old")), at: 10)
        lines.insert(.added(line("new")), at: 11)
        lines.insert(.added(line("first")), at: 0)
        lines.append(.removed(Array("end".utf8)))
        #expect(
            String(decoding: UnifiedDiff.text(lines, oldName: "a", newName: "b"), as: UTF8.self) == """
                --- a
                +++ b
                @@ -1,3 +1,4 @@
                +first
                 1
                 2
                 3
                @@ -8,7 +9,7 @@
                 8
                 9
                 10
                -old
                +new
                 11
                 12
                 13
                @@ -19,4 +20,3 @@
                 18
                 19
                 20
                -end
                \\ No newline at end of file

                """)
        #expect(UnifiedDiff.text(kept, oldName: "a", newName: "b") == [])
        #expect(
            String(decoding: UnifiedDiff.text([.added(line("x"))], oldName: "a", newName: "b"), as: UTF8.self)
                == "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n")
    }
}
