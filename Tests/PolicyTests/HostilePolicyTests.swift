import Diagnostics
import Foundation
import PolicyFile
import TestSupport
import Testing

/// Whatever a text holds, reading it ends, with diagnostics or a policy.
@Suite struct HostilePolicyTests {
    private func read(_ text: String) -> GatewayPolicyReader.Result {
        let result = GatewayPolicyReader.read(SourceFile(name: "hostile", text: text))
        _ = DiagnosticRenderer().render(result.diagnostics)
        #expect((result.policy == nil) == result.diagnostics.contains { $0.severity == .error })
        return result
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "{? [", "&a [", "!!x [", "'", "\"", "| \n ", "- [", "a: &b "])
    func deepNestingEnds(_ unit: String) {
        #expect(read(String(repeating: unit, count: 60_000 / unit.utf8.count)).policy == nil)
    }

    @Test func sizesAreBounded() {
        let rule = "  - {name: a, then: deny, whem: 5}\n"
        let many = read("listeners: []\nrules:\n" + String(repeating: rule, count: 7_000))
        #expect(many.diagnostics.count <= 201)
        #expect(
            read(String(repeating: "#", count: 300_000)).diagnostics[0].message.contains("at most 256 KiB"))
        let keys = (0..<200).map { "key\($0 / 2): 1\n" }.joined()
        #expect(read(keys).diagnostics.contains { $0.message == "duplicate key 'key0'" })
    }

    @Test func oddTextsEnd() {
        for text in [
            "", "\u{feff}", "\u{feff}listeners: x", "---\n...\n", "a", "*a", "&a *a", "%YAML 9.9\n---\n",
            "\0", "\u{1b}[2J: x",
            "? {a: b}\n: c", "<<: {a: b}", "listeners: !!binary aGk=", "? [x]\n: 1\n? [x]\n: 2\n",
            "\u{2028}a: 1",
            "listeners: [{protocol: http, ports: [80]}]\r\nrules: []\r\n",
            "{\"\u{301}a\": 1, \"\u{301}a\": 2}",
            "'': 1\n'': 2\n", "&x a: 1\na: 2\n", "? |\n  a\n: 1\n? |\n  a\n: 2\n",
        ] {
            _ = read(text)
        }
    }

    /// The shipped policies and fixtures, with bytes changed, taken away and put in.
    @Test func mutationsEnd() throws {
        var generator = SeededGenerator(seed: 11)
        let samples =
            try files(in: "Rules", ending: ".gateway.yaml").map { "Rules/\($0)" }
            + files(in: "Fixtures/Policies", ending: ".yaml").map { "Fixtures/Policies/\($0)" }
        let signs = Array("[]{}:,&*!|>'\"-?#%@ \n\t\\/0~\u{80}".utf8)
        for name in samples {
            let original = Array(try Data(contentsOf: repository.appending(path: name)))
            for _ in 0..<60 {
                var bytes = original
                for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                    let index = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0: bytes[index] = signs.randomElement(using: &generator)!
                    case 1: bytes.remove(at: index)
                    default: bytes.insert(signs.randomElement(using: &generator)!, at: index)
                    }
                }
                let result = GatewayPolicyReader.read(SourceFile(name: "mutated", bytes: bytes))
                _ = DiagnosticRenderer().render(result.diagnostics)
            }
        }
    }
}
