import Foundation
import Testing

/// `Fixtures/Commands/*.transcript`: what a user types behind `$ ` and sees below, errors first, then the exit
/// code. Set `GATEHOUSE_RECORD=1` to write what the program says now, then read the difference.
@Suite struct TranscriptTests {
    static let folder = Program.repository.appendingPathComponent("Fixtures/Commands")
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".transcript") }.sorted()

    @Test func thereAreTranscripts() { #expect(!TranscriptTests.names.isEmpty) }

    @Test(arguments: names)
    func theProgramSaysWhatTheTranscriptSays(name: String) throws {
        let file = TranscriptTests.folder.appendingPathComponent(name)
        let expected = try String(contentsOf: file, encoding: .utf8)
        var actual = ""
        // What a program prints may look like a comment.
        var isOutput = false
        for line in expected.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("[exit ") || line.hasPrefix("$ gatehouse ") { isOutput = false }
            if isOutput { continue }
            if line.hasPrefix("# ") {
                actual += line + "\n"
            } else if line.hasPrefix("$ gatehouse ") {
                isOutput = true
                if !actual.isEmpty { actual += "\n" }
                let result = try Program.run(Program.words(of: line.dropFirst("$ gatehouse ".count)))
                actual += line + "\n" + result.errors + result.output + "[exit \(result.exitCode)]\n"
            }
        }
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] != nil {
            try actual.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(actual == expected)
    }
}
