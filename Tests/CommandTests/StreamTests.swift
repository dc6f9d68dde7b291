import Foundation
import Testing

/// Standard input and output that are pipes, and signals: what transcripts can't show.
@Suite struct StreamTests {
    private static let rules = "Rules/laptop.v4"
    private static let capture = Program.repository.appendingPathComponent("Fixtures/Captures/laptop.pcap")

    @Test func captureFromStandardInputGivesTheSameResults() throws {
        let options = ["--hook", "INPUT", "--format", "csv", "--count", "40"]
        let file = try Program.run(["replay", StreamTests.rules, "Fixtures/Captures/laptop.pcap"] + options)
        let piped = try Program.run(
            ["replay", StreamTests.rules, "-"] + options, input: try Data(contentsOf: StreamTests.capture))
        #expect(piped.exitCode == 0)
        #expect(
            piped.output
                == file.output.replacingOccurrences(of: "Fixtures/Captures/laptop.pcap", with: "<stdin>"))
    }

    @Test func rulesFromStandardInput() throws {
        let result = try Program.run(["check", "-"], input: Data("*filter\n-A INPUT -j DROP\nCOMMIT\n".utf8))
        #expect(result.output == "<stdin>: ok: IPv4, 1 table, 3 chains, 1 rule\n")
    }

    @Test func standardInputIsReadOnce() throws {
        let result = try Program.run(["replay", "-", "-"], input: Data())
        #expect(result.exitCode == 2)
        #expect(result.errors.contains("once only"))
    }

    @Test func countersOnStandardOutputStandAlone() throws {
        let result = try Program.run(
            [
                "replay", StreamTests.rules, "Fixtures/Captures/laptop.pcap", "--hook", "INPUT", "--counters",
                "-",
            ])
        #expect(result.exitCode == 0)
        #expect(result.output.hasPrefix("*raw\n"))
        #expect(result.output.hasSuffix("COMMIT\n"))
    }

    @Test(arguments: [
        ["replay", rules, "Fixtures/Captures/laptop.pcap", "--format", "jsonl"],
        ["replay", rules, "Fixtures/Captures/laptop.pcap"],
        ["replay", rules, "Fixtures/Captures/laptop.pcap", "--write-accepted", "-"],
        ["check", "--print", rules], ["--help"],
    ])
    func closedPipeEndsQuietly(arguments: [String]) throws {
        let (process, output, errors) = (Program.process(arguments), Pipe(), Pipe())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try output.fileHandleForReading.close()
        try process.run()
        try errors.fileHandleForWriting.close()
        let complaints = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(process.terminationReason == .exit)
        #expect(!complaints.contains("gatehouse:"))
    }

    @Test func interruptionKeepsTheResultsSoFar() throws {
        let data = try Data(contentsOf: StreamTests.capture)
        let page = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: page) }
        let process = Program.process([
            "replay", StreamTests.rules, "-", "--hook", "INPUT", "--format", "jsonl", "--report", page.path,
        ])
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        // Over 64 KiB of results, so that the first come while the input is still open.
        input.fileHandleForWriting.write(data)
        input.fileHandleForWriting.write(data.dropFirst(24))
        let first = output.fileHandleForReading.availableData
        #expect(!first.isEmpty)
        process.interrupt()
        try input.fileHandleForWriting.close()
        let rest = output.fileHandleForReading.readDataToEndOfFile()
        let notes = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 130)
        #expect(notes.contains("interrupted: these are the results of the first "))
        let lines = String(decoding: first + rest, as: UTF8.self).split(separator: "\n")
        #expect(lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
        let warning = try Page(String(contentsOf: page, encoding: .utf8)).root.all("p").first {
            $0.has(class: "warning")
        }
        #expect(
            warning?.text.contains("interrupted: these are the results of the first \(lines.count) frames")
                == true)
    }
}
