import Foundation
import Glibc
import Testing

/// The README shows only what the program says: each of its `console` blocks is a command behind `$ ` and the
/// output below it. `GATEHOUSE_RECORD=1` writes the outputs anew.
@Suite struct ReadmeTests {
    private static let file = Program.repository.appendingPathComponent("README.md")

    @Test func consoleBlocksShowWhatTheProgramSays() throws {
        let expected = try String(contentsOf: ReadmeTests.file, encoding: .utf8)
        var actual = ""
        var isSkipping = false
        var commands = 0
        for line in expected.split(separator: "\n", omittingEmptySubsequences: false) {
            if isSkipping, line != "```" { continue }
            isSkipping = false
            actual += line + "\n"
            guard line.hasPrefix("$ gatehouse ") else { continue }
            // The kernel answers root only.
            if line.hasPrefix("$ gatehouse verify "), geteuid() != 0 { continue }
            let result = try Program.run(Program.words(of: line.dropFirst("$ gatehouse ".count)))
            actual += result.errors + result.output
            isSkipping = true
            commands += 1
        }
        actual.removeLast()
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] != nil {
            try actual.write(to: ReadmeTests.file, atomically: true, encoding: .utf8)
        }
        #expect(actual == expected)
        #expect(commands >= 4)
    }

    /// A newcomer types the first two blocks: one line each.
    @Test func theFirstTwoBlocksAreOneCommandEach() throws {
        let text = try String(contentsOf: ReadmeTests.file, encoding: .utf8)
        let parts = text.components(separatedBy: "```")
        for block in [parts[1], parts[3]] {
            let lines = block.split(separator: "\n")
            #expect(lines.count == 2 && lines[0] == "sh", "\(block)")
        }
        #expect(parts[3].contains("Scripts/test"))
        let ci = try String(contentsOf: Program.repository.appendingPathComponent(".ci/run"), encoding: .utf8)
        #expect(ci.contains("Scripts/test"))
    }
}
