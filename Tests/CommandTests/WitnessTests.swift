import Foundation
import Testing

/// What `query` and `diff` say a packet meets, `explain` says too.
@Suite struct WitnessTests {
    private static let rules = ((try? FileManager.default.contentsOfDirectory(atPath: "\(Program.repository.path)/Rules")) ?? [])
        .filter { ($0.hasSuffix(".v4") || $0.hasSuffix(".v6")) && !$0.hasPrefix("bad") }.sorted()

    private static let expressions = [
        "verdict=ACCEPT", "verdict=DROP", "verdict=REJECT", "verdict=ACCEPT and state=NEW and proto=tcp",
        "verdict=DROP and state=ESTABLISHED", "verdict=DROP and proto=icmp", "verdict=ACCEPT and proto=udp and ttl<5",
        "verdict=DROP and mark=0x10 and not in=lo", "verdict != ACCEPT and dport in {22,80,443}",
        "verdict=ACCEPT and flags=S/SA and length>1000",
    ]

    @Test(arguments: rules)
    func explainConfirmsTheWitnessesOfQueries(name: String) throws {
        for expression in WitnessTests.expressions {
            let result = try Program.run(["query", "Rules/\(name)", expression, "--format", "json", "--limit", "1"])
            try #require(result.exitCode == 0, "\(name) \(expression): \(result.errors)")
            for path in try paths(result.output) {
                guard let witness = path["witness"] as? String, !witness.contains(" [") else { continue }
                let deciding = try #require(path["deciding"] as? [[String: Any]])
                let verdicts = Set(deciding.compactMap { $0["verdict"] as? String })
                let said = try explained(witness, name)
                let isMet = verdicts.contains { said.hasPrefix("\($0) on the path \(path["path"] ?? "")") }
                // What a table before the filter drops ends before the way parts.
                #expect(isMet || said.hasPrefix("DROP") && verdicts.contains("DROP"), "\(name) \(expression): \(witness): \(said)")
            }
        }
    }

    /// Between the rule sets of two hosts nearly everything differs.
    @Test func explainConfirmsTheWitnessesOfDifferences() throws {
        for (old, new) in [("laptop.v4", "web-server.v4"), ("dmz.v4", "home-router.v4"), ("laptop.v6", "dmz.v6")] {
            let result = try Program.run(["diff", "Rules/\(old)", "Rules/\(new)", "--format", "json", "--limit", "1"])
            try #require(result.exitCode == 1, "\(result.errors)")
            let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
            let differences = try #require((object as? [String: Any])?["differences"] as? [[String: Any]])
            #expect(!differences.isEmpty)
            for difference in differences {
                let witness = try #require(difference["witness"] as? String)
                if witness.contains(" [") { continue }
                for (rules, key) in [(old, "old"), (new, "new")] {
                    let verdict = try #require(difference[key] as? String)
                    let said = try explained(witness, rules)
                    #expect(said.hasPrefix(verdict), "\(rules): \(witness): \(said), not \(verdict)")
                }
            }
        }
    }

    private func paths(_ json: String) throws -> [[String: Any]] {
        let object = try JSONSerialization.jsonObject(with: Data(json.utf8))
        return try #require((object as? [String: Any])?["paths"] as? [[String: Any]])
    }

    private func explained(_ packet: String, _ name: String) throws -> String {
        let result = try Program.run(["explain", "Rules/\(name)", packet])
        try #require(result.exitCode == 0, "\(name) \(packet): \(result.errors)")
        return String(result.output.split(separator: "\n").last ?? "")
    }
}
