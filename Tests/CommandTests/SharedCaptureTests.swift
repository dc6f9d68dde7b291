import Foundation
import Testing

/// Captures that aren't ours to ship: every frame of each is accounted for, whatever the rules. Skipped in a clone
/// without `../shared`.
@Suite struct SharedCaptureTests {
    private static let shared = Program.repository.deletingLastPathComponent().appendingPathComponent(
        "shared")
    private static let corpus = shared.appendingPathComponent("corpus/pcaps")
    private static let ruleFiles = ["bad", "dmz", "home-router", "laptop", "stateless-edge", "web-server"]

    private static func captures(under folder: URL) -> [String] {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (files?.compactMap { $0 as? URL } ?? []).map(\.path)
            .filter { $0.hasSuffix(".pcap") || $0.hasSuffix(".pcapng") || $0.hasSuffix(".pcap.gz") }.sorted()
    }

    private static let scenarios = captures(under: shared.appendingPathComponent("captures"))
    private static let manifest: [String: (packets: Int, isDamaged: Bool)] = {
        struct Row: Decodable {
            let file: String
            let packets: Int
            let truncatedFile: Bool
            let badRecord: Bool
        }
        let text =
            (try? String(contentsOf: corpus.appendingPathComponent("manifest.jsonl"), encoding: .utf8)) ?? ""
        let rows = text.split(separator: "\n").compactMap {
            try? JSONDecoder().decode(Row.self, from: Data($0.utf8))
        }
        return Dictionary(
            uniqueKeysWithValues: rows.map { ($0.file, ($0.packets, $0.truncatedFile || $0.badRecord)) })
    }()

    /// How many results of each verdict a capture has.
    private func verdicts(_ capture: String, rules: String) throws -> (counts: [String: Int], exitCode: Int32)
    {
        var arguments = ["replay", "Rules/\(rules).v4", capture, "--format", "jsonl"]
        if FileManager.default.fileExists(atPath: Program.repository.path + "/Rules/\(rules).v6") {
            arguments += ["--rules6", "Rules/\(rules).v6"]
        }
        let run = try Program.run(arguments)
        var counts: [String: Int] = [:]
        for line in run.output.split(separator: "\n") {
            struct Row: Decodable {
                let verdict: String
                let reason: String?
            }
            let row = try JSONDecoder().decode(Row.self, from: Data(line.utf8))
            counts[row.verdict, default: 0] += 1
            if ["NOT-IP", "MALFORMED", "ROUTED-AWAY"].contains(row.verdict) { #expect(row.reason != nil) }
        }
        return (counts, run.exitCode)
    }

    private static let known: Set<String> = [
        "ACCEPT", "DROP", "REJECT", "ROUTED-AWAY", "STOLEN", "EGRESS-COPY", "NOT-IP", "MALFORMED",
    ]

    @Test(.enabled(if: !scenarios.isEmpty, "there is no ../shared/captures"), arguments: ruleFiles)
    func scenariosReplayThroughEveryRuleSet(rules: String) throws {
        for capture in SharedCaptureTests.scenarios {
            let (counts, exitCode) = try verdicts(capture, rules: rules)
            #expect(Set(counts.keys).isSubset(of: SharedCaptureTests.known), "\(capture)")
            #expect(
                exitCode == 0 || (exitCode == 2 && capture.contains("cut")), "\(capture): exit \(exitCode)")
        }
    }

    @Test(.enabled(if: !manifest.isEmpty, "there is no ../shared/corpus"))
    func everyFrameOfTheCorpusIsAccountedFor() throws {
        #expect(SharedCaptureTests.manifest.count == 68)
        for (file, row) in SharedCaptureTests.manifest.sorted(by: { $0.key < $1.key }) {
            let path = SharedCaptureTests.corpus.appendingPathComponent(file).path
            let (counts, exitCode) = try verdicts(path, rules: "stateless-edge")
            #expect(Set(counts.keys).isSubset(of: SharedCaptureTests.known), "\(file)")
            if row.isDamaged {
                #expect(exitCode == 0 || exitCode == 2, "\(file): exit \(exitCode)")
            } else {
                #expect(exitCode == 0, "\(file): exit \(exitCode)")
                #expect(counts.values.reduce(0, +) == row.packets, "\(file)")
            }
        }
    }
}
