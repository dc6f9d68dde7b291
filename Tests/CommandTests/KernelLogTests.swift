import Foundation
import Testing

/// `replay --log` against what the kernel wrote.
@Suite struct KernelLogTests {
    @Test func theKernelsLines() throws {
        let run = try Program.run([
            "replay", "--host", "Fixtures/Hosts/home-router", "Fixtures/KernelLog/home-router.v4", "--rules6",
            "Fixtures/KernelLog/home-router.v6", "--capture",
            "wan0=Fixtures/Captures/home-router-wan-in.pcap", "--capture",
            "lan0=Fixtures/Captures/home-router-lan-in.pcap", "--checksum", "verify", "--replies", "make",
            "--log", "-",
        ])
        #expect(run.exitCode == 0)
        let time = #/^\[\d+\.\d{6}\] /#
        let lines = run.output.split(separator: "\n").map { line in
            String(line.replacing(time, with: "", maxReplacements: 1))
        }
        let golden = try String(
            contentsOf: Program.repository.appendingPathComponent("Fixtures/KernelLog/home-router.log"),
            encoding: .utf8)
        #expect(lines == golden.split(separator: "\n").map { String($0) })
        #expect(!run.output.split(separator: "\n").contains { $0.firstMatch(of: time) == nil })
    }

    /// A prefix can't turn a line round (the rule reader refuses control bytes).
    @Test func hostilePrefix() throws {
        let rules = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: rules) }
        let text =
            "*filter\n:FORWARD ACCEPT\n:INPUT ACCEPT\n-A INPUT -j LOG --log-prefix \"\u{202e}live\"\nCOMMIT\n"
        try text.write(to: rules, atomically: true, encoding: .utf8)
        let run = try Program.run([
            "replay", "--host", "Fixtures/Hosts/laptop", rules.path, "Fixtures/Captures/laptop.pcap", "--log",
            "-",
        ])
        #expect(run.exitCode == 0 && run.output.contains("\\u{202e}liveIN=eth0 OUT= MAC="))
        #expect(run.output.unicodeScalars.allSatisfy { $0 == "\n" || (0x20..<0x7f).contains($0.value) })
    }
}
