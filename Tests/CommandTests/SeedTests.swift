import Foundation
import Testing

/// `--seed`, and what is said of results that rest on chance.
@Suite struct SeedTests {
    private static func replay(_ rules: String, _ arguments: [String]) throws -> Program.Result {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).v4")
        try Data(rules.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try Program.run(
            [
                "replay", file.path, "--host", "Fixtures/Hosts/home-router", "--capture",
                "lan0=Fixtures/Captures/home-router-lan-in.pcap", "--format", "jsonl",
            ] + arguments)
    }

    @Test func theSeedDrawsTheLotsOfStatistic() throws {
        let rules = """
            *filter
            -A FORWARD -p tcp -m statistic --mode random --probability 0.5 -j DROP
            COMMIT

            """
        let first = try SeedTests.replay(rules, ["--seed", "1"])
        let again = try SeedTests.replay(rules, ["--seed", "1"])
        let second = try SeedTests.replay(rules, ["--seed", "2"])
        #expect(first.output == again.output)
        #expect(first.output != second.output)
        let tried = first.output.split(separator: "\n").filter {
            $0.contains("\"path\":\"FORWARD\"") && $0.contains("\"proto\":\"tcp\"")
                && $0.contains("\"family\":\"ipv4\"")
        }
        #expect(!tried.isEmpty)
        #expect(tried.allSatisfy { $0.contains(#""evidence":"approx","needs":["chance"]"#) })
        #expect(first.errors.contains("met a test of chance: on the kernel, others may match"))
    }

    @Test func theSeedDrawsTranslatedPorts() throws {
        let rules = """
            *nat
            -A POSTROUTING -o wan0 -p udp -j MASQUERADE --random-fully
            COMMIT

            """
        let first = try SeedTests.replay(rules, ["--seed", "1"])
        let again = try SeedTests.replay(rules, ["--seed", "1"])
        let second = try SeedTests.replay(rules, [])
        #expect(first.output == again.output)
        #expect(first.output != second.output)
        #expect(first.output.contains(#""evidence":"approx","needs":["nat-port"]"#))
        #expect(first.errors.contains("(--seed draws others)"))
    }
}
