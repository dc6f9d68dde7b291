import Foundation
import Testing

/// A router that forwarded ports, and one that helped FTP through its translation: counters, connections and every byte
/// that left are the kernel's. Skipped in a clone without `../shared`.
@Suite struct TranslationTruthTests {
    private static let recordings = Program.repository.deletingLastPathComponent().appendingPathComponent(
        "shared/captures/kernel-truth")
    private static let isThere = FileManager.default.fileExists(atPath: recordings.path)
    private static let interfaces = ["lan0", "wan0", "dmz0"]

    @Test(
        .enabled(if: isThere, "there is no ../shared/captures"),
        arguments: ["k02-dnat-port-forward", "k08-ftp-helper-nat"])
    func recording(_ name: String) throws {
        let folder = TranslationTruthTests.recordings.appendingPathComponent(name)
        let output = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: output) }
        try writeHost(of: folder, output)
        func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
        func written(_ name: String) -> URL { output.appendingPathComponent(name) }
        let captures = TranslationTruthTests.interfaces.flatMap {
            ["--capture", "\($0):in=\(file("\($0).in.pcap").path)"]
        }
        let run = try Program.run(
            ["replay", "--host", output.path, file("rules.v4").path] + captures + [
                "--counters", written("counters").path, "--conntrack", written("conntrack").path,
                "--write-egress", written("egress.pcap").path,
            ])
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(try lines(written("counters")) == lines(file("counters.v4")))
        #expect(
            try lines(written("conntrack")).map(connection).sorted()
                == lines(file("conntrack.txt")).filter { $0.hasPrefix("ipv4") }.map(connection).sorted())
        let left = try TranslationTruthTests.interfaces.flatMap { try packets(file("\($0).out.pcap")) }
        #expect(left.count > 100)
        #expect(try packets(written("egress.pcap")).sorted() == left.sorted())
    }

    /// As `ip -j` would have printed it.
    private func writeHost(of recording: URL, _ folder: URL) throws {
        let scenario = try JSONSerialization.jsonObject(
            with: Data(contentsOf: recording.appendingPathComponent("scenario.json")))
        let router = try #require((scenario as? [String: Any])?["router"] as? [String: Any])
        for (name, key) in [("addr.json", "ip_addr"), ("route.json", "ip_route")] {
            let part = try #require(router[key])
            try JSONSerialization.data(withJSONObject: part).write(to: folder.appendingPathComponent(name))
        }
    }

    private func lines(_ file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init).filter {
            !$0.hasPrefix("#")
        }
    }

    /// Without the kernel's counts and inner life, and without the timeout, which depends on when it was listed.
    private func connection(_ line: String) -> String {
        line.split(separator: " ").enumerated().filter { index, word in
            index != 4 && !["packets=", "bytes=", "delta-time=", "use="].contains { word.hasPrefix($0) }
        }.map(\.element).joined(separator: " ")
    }

    /// The IPv4 packets of a little-endian pcap of Ethernet or raw IP, in hexadecimal.
    private func packets(_ file: URL) throws -> [String] {
        let bytes = try [UInt8](Data(contentsOf: file))
        func number(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) } }
        let header = number(20) == 1 ? 14 : 0
        var packets: [String] = []
        var offset = 24
        while offset < bytes.count {
            let start = offset + 16 + header
            if header == 0 || bytes[start - 2..<start] == [8, 0] {
                let length = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
                packets.append(
                    bytes[start..<start + length].map { String($0, radix: 16) }.joined(separator: " "))
            }
            offset += 16 + number(offset + 8)
        }
        return packets
    }
}
