import Foundation
import Testing

/// `capture check` against what is known of recorded captures. Skipped in a clone without `../shared`.
@Suite struct CaptureCheckTests {
    private static let folder = Program.repository.deletingLastPathComponent().appendingPathComponent(
        "shared/captures")
    private static let isThere = FileManager.default.fileExists(
        atPath: folder.appendingPathComponent("offloads").path)

    private static let expected: [(capture: String, findings: Set<String>, exitCode: Int32)] = [
        ("offloads/server-offload.pcap", ["aggregated-segments", "offloaded-checksums", "not-ip"], 1),
        ("offloads/client-offload.pcap", ["aggregated-segments", "offloaded-checksums", "not-ip"], 1),
        ("offloads/router-wan.pcap", ["not-ip"], 0),
        ("midstream/lan.pcap", ["midstream", "unfinished"], 1),
        ("midstream/wan.pcap", ["midstream", "unfinished"], 1),
        ("capture-formats/snap96.pcap", ["cut-frames", "disorder", "not-ip"], 1),
        ("capture-formats/lan-in.pcap", ["one-sided", "not-ip"], 1),
        ("capture-formats/cut-off.pcap", ["cut-off-file"], 1),
        ("capture-formats/empty.pcap", [], 0),
        ("http-basic/lan.pcap", ["not-ip"], 0),
        ("vlan/trunk.pcap", ["tagged", "repeated-frames"], 1),
    ]

    @Test(.enabled(if: isThere, "there is no ../shared/captures"), arguments: expected.indices)
    func recordedCaptures(index: Int) throws {
        let (capture, findings, exitCode) = CaptureCheckTests.expected[index]
        let path = CaptureCheckTests.folder.appendingPathComponent(capture).path
        let run = try Program.run(["capture", "check", "--format", "json", path])
        let json = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
        let found = (json?["findings"] as? [[String: Any]])?.compactMap { $0["kind"] as? String } ?? []
        // Of a capture whose end is missing, what is found before it is by chance.
        let isWhole =
            exitCode == run.exitCode && !findings.contains("cut-off-file")
            && capture.hasPrefix("vlan") == false
        if isWhole { #expect(Set(found) == findings, "\(capture)") }
        #expect(findings.isSubset(of: found) && run.exitCode == exitCode, "\(capture): \(found)")
    }

    /// Both sides of a router are found out whatever the order of the files.
    @Test func bothSidesOfARouter() throws {
        let run = try Program.run([
            "capture", "check", "Fixtures/Captures/home-router-lan.pcap",
            "Fixtures/Captures/tunnels-lan.pcap",
            "Fixtures/Captures/tunnels-wan.pcap",
        ])
        #expect(run.exitCode == 1 && run.output.contains("[both-sides], the first at frame"))
    }

    @Test func unreadable() throws {
        let run = try Program.run(["capture", "check", "Package.swift"])
        #expect(run.exitCode == 2 && run.output.isEmpty && !run.errors.isEmpty)
    }
}
