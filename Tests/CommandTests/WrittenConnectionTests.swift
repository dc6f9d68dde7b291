import Foundation
import Testing

/// The captures that `proxy` writes, judged by tshark: two complete connections for each session, and nothing in them
/// that a protocol analyser remarks on. Skipped where tshark isn't installed (`Scripts/setup test` installs it).
@Suite struct WrittenConnectionTests {
    private static let analyser = ["/usr/bin/tshark", "/usr/local/bin/tshark"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private static let sets = [
        ["tunnels-lan", "tunnels-wan"], ["home-router-lan", "home-router-wan"],
        ["dmz-lan", "dmz-dmz", "dmz-wan"], ["dmz-lan-in", "dmz-dmz-in", "dmz-wan-in"], ["laptop"],
        ["web-server"],
    ].map { $0.map { "Fixtures/Captures/\($0).pcap" } }

    private func tshark(_ file: URL, _ arguments: [String]) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: WrittenConnectionTests.analyser!)
        process.arguments =
            ["-n", "-r", file.path]
            + ["tcp.check_checksum", "ip.check_checksum", "udp.check_checksum"].flatMap {
                ["-o", "\($0):TRUE"]
            }
            + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test(.enabled(if: analyser != nil, "there is no tshark"), arguments: sets.indices)
    func tsharkHasNothingToRemark(index: Int) throws {
        let captures = WrittenConnectionTests.sets[index]
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["client.pcap", "server.pcapng"].map { folder.appendingPathComponent($0) }
        let run = try Program.run(
            ["proxy", "Fixtures/Gateway/open.gateway.yaml"] + captures + [
                "--format", "jsonl", "--write-client", files[0].path, "--write-server", files[1].path,
            ])
        #expect(run.exitCode == 0)
        struct Row: Decodable {
            struct Upstream: Decodable { let isn: UInt32? }
            let transport: String?
            let verdict: String?
            let upstream: Upstream?
        }
        let rows = try run.output.split(separator: "\n").map {
            try JSONDecoder().decode(Row.self, from: Data($0.utf8))
        }
        let carried = rows.filter { $0.transport == "tcp" && $0.verdict != "UNPROXIED" }
        let opened = rows.compactMap(\.upstream?.isn)
        #expect(!carried.isEmpty && !opened.isEmpty)
        for (file, count) in zip(files, [carried.count, opened.count]) {
            // A frame without payload can't be malformed by what hosts said to each other.
            let remarks = try tshark(
                file,
                [
                    "-Y",
                    "tcp.analysis.flags || tcp.checksum.status == 0 || ip.checksum.status == 0 || "
                        + "udp.checksum.status == 0 || (_ws.malformed && tcp.len == 0)",
                ])
            #expect(remarks == [], "\(captures)")
            let times = try tshark(file, ["-T", "fields", "-e", "frame.time_epoch"]).compactMap(Double.init)
            #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
            // Every connection begins once and ends.
            let streams = try tshark(
                file, ["-Y", "tcp.flags.syn == 1 && tcp.flags.ack == 1", "-T", "fields", "-e", "tcp.stream"])
            #expect(streams.count == count && Set(streams).count == count)
            let ends = try tshark(
                file,
                ["-Y", "tcp.flags.fin == 1 || tcp.flags.reset == 1", "-T", "fields", "-e", "tcp.stream"])
            #expect(Set(ends) == Set(streams))
        }
        let numbers = try tshark(
            files[1],
            [
                "-o", "tcp.relative_sequence_numbers:FALSE", "-Y", "tcp.flags.syn == 1 && tcp.flags.ack == 0",
                "-T",
                "fields", "-e", "tcp.seq",
            ])
        #expect(Set(numbers.compactMap { UInt32($0) }) == Set(opened))
    }
}
