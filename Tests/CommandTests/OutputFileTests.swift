import Foundation
import Testing

/// No output may destroy an input, by whatever name.
@Suite struct OutputFileTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

    /// Copies of a rule file and a capture, and another name for each.
    private func withFiles(_ body: (_ rules: URL, _ capture: URL) throws -> Void) throws {
        let files = FileManager.default
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(at: folder) }
        let (rules, capture) = (
            folder.appendingPathComponent("rules"), folder.appendingPathComponent("capture")
        )
        for (copy, original) in [(rules, "Rules/laptop.v4"), (capture, "Fixtures/Captures/laptop.pcap")] {
            try files.copyItem(at: Program.repository.appendingPathComponent(original), to: copy)
            let link = folder.appendingPathComponent("link-to-" + copy.lastPathComponent)
            try files.createSymbolicLink(at: link, withDestinationURL: copy)
            try files.linkItem(at: copy, to: folder.appendingPathComponent("same-" + copy.lastPathComponent))
        }
        try body(rules, capture)
    }

    @Test(
        arguments: [
            "--counters", "--conntrack", "--write-accepted", "--write-dropped", "--write-egress", "--report",
        ],
        ["", "link-to-", "same-", "./"])
    func inputSurvives(option: String, prefix: String) throws {
        try withFiles { rules, capture in
            for (file, size) in [
                (rules, try Data(contentsOf: rules)), (capture, try Data(contentsOf: capture)),
            ] {
                let result = try Program.run([
                    "replay", rules.path, capture.path, option,
                    "\(folder.path)/\(prefix)\(file.lastPathComponent)",
                ])
                #expect(result.exitCode == 2)
                #expect(result.errors.contains("that is the input"))
                #expect(try Data(contentsOf: file) == size)
            }
        }
    }

    @Test func outputsOfOneNameAreRefused() throws {
        try withFiles { rules, capture in
            let result = try Program.run([
                "replay", rules.path, capture.path, "--write-accepted", "\(folder.path)/new",
                "--write-dropped",
                "\(folder.path)/./new",
            ])
            #expect(result.exitCode == 2)
            #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/new"))
        }
    }

    @Test func acceptedAndDroppedAreAllPackets() throws {
        try withFiles { rules, capture in
            func frames(_ name: String) throws -> Int {
                let result = try Program.run(
                    ["replay", rules.path, "\(folder.path)/\(name)", "--hook", "INPUT", "--format", "csv"])
                return result.output.split(separator: "\n").count - 1
            }
            let result = try Program.run([
                "replay", rules.path, capture.path, "--hook", "INPUT", "--write-accepted",
                "\(folder.path)/yes",
                "--write-dropped", "\(folder.path)/no.pcapng", "--format", "csv",
            ])
            let verdicts = result.output.split(separator: "\n").dropFirst().filter {
                !$0.contains(",NOT-IP,")
            }
            #expect(try frames("yes") == verdicts.count { $0.contains(",ACCEPT,") })
            #expect(try frames("yes") + frames("no.pcapng") == verdicts.count)
        }
    }

    /// The frames of a pcap that a command writes.
    private func frameCount(_ option: String, rules: String) throws -> Int {
        let written = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: written) }
        let result = try Program.run([
            "replay", rules, "--host", "Fixtures/Hosts/home-router", "--capture",
            "lan0:in=Fixtures/Captures/home-router-lan-in.pcap", "--filter", "ip[6:2] & 0x3fff != 0", option,
            written.path,
        ])
        #expect(result.exitCode == 0)
        let again = try Program.run([
            "replay", rules, written.path, "--hook", "FORWARD", "--format", "jsonl",
        ])
        return again.output.split(separator: "\n").count
    }

    @Test func heldFragmentsGoWhereTheirPacketGoes() throws {
        #expect(try frameCount("--write-accepted", rules: "Rules/home-router.v4") == 2)
        #expect(try frameCount("--write-dropped", rules: "Rules/home-router.v4") == 0)
        // A host that forwards nothing.
        #expect(try frameCount("--write-dropped", rules: "Rules/laptop.v4") == 2)
    }
}
