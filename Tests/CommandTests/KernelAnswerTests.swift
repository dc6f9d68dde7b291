import Foundation
import Testing

/// `Fixtures/Kernel`: what a real kernel did with the shipped captures and rules. Verdict, path and state of every
/// packet have to be the kernel's, and every counter.
@Suite struct KernelAnswerTests {
    struct Entry: Decodable, CustomTestStringConvertible {
        struct Capture: Decodable {
            let iface: String
            let mode: String
            let file: String
        }

        let name: String
        let rules: String
        let rules6: String?
        let host: String
        let captures: [Capture]
        let replies: String
        let packets: Int

        var testDescription: String { name }
    }

    private struct Line: Decodable {
        let verdict: String
        let path: String?
        let ctstate: String?
        let reject: String?
    }

    private static let folder = Program.repository.appendingPathComponent("Fixtures/Kernel")

    static let entries: [Entry] = {
        guard let data = try? Data(contentsOf: folder.appendingPathComponent("index.json")) else { return [] }
        return (try? JSONDecoder().decode([Entry].self, from: data)) ?? []
    }()

    @Test func thereAreGoldens() { #expect(KernelAnswerTests.entries.count >= 12) }

    @Test(arguments: entries)
    func everyPacketFaresAsInTheKernel(entry: Entry) throws {
        let counters = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        let counters6 = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer {
            try? FileManager.default.removeItem(at: counters)
            try? FileManager.default.removeItem(at: counters6)
        }
        var arguments = [
            "replay", entry.rules, "--host", "Fixtures/Hosts/\(entry.host)", "--format", "jsonl",
            "--replies", entry.replies,
        ]
        // There, nothing took packets behind INPUT, pings neither.
        for name in ["net.ipv4.icmp_echo_ignore_all", "net.ipv6.icmp.echo_ignore_all"] {
            arguments += ["--sysctl", "\(name)=1"]
        }
        arguments += ["--counters", counters.path]
        if let rules6 = entry.rules6 { arguments += ["--rules6", rules6, "--counters6", counters6.path] }
        for capture in entry.captures {
            let mode = capture.mode == "auto" ? "" : ":\(capture.mode)"
            arguments += ["--capture", "\(capture.iface)\(mode)=\(capture.file)"]
        }
        let run = try Program.run(arguments)
        #expect(run.exitCode == 0, "\(run.errors)")
        let results = try run.output.split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
        let golden = try lines(of: "\(entry.name).verdicts").filter { !$0.hasPrefix("#") }
            .map { $0.split(separator: " ").map(String.init) }
        #expect(results.count == entry.packets && golden.count == entry.packets)

        for (line, kernel) in zip(results, golden) {
            #expect(verdict(line) == kernel[1], "packet \(kernel[0]): \(kernel)")
            if kernel[1] == "egress-copy" || kernel[1] == "not-ip" { continue }
            #expect(line.path ?? "-" == kernel[2], "packet \(kernel[0]): \(kernel)")
            if kernel[4] != "-" { #expect(line.ctstate == kernel[4], "packet \(kernel[0]): \(kernel)") }
        }

        let ours =
            try String(contentsOf: counters, encoding: .utf8)
            + (entry.rules6 == nil ? "" : String(contentsOf: counters6, encoding: .utf8))
        let kernels = try lines(of: "\(entry.name).counters")
        #expect(counted(ours.split(separator: "\n").map(String.init)) == counted(kernels))
    }

    private func verdict(_ line: Line) -> String {
        switch line.verdict {
        case "ROUTED-AWAY", "MALFORMED": "drop"
        case "REJECT": line.reject == nil ? "drop" : "reject"
        default: line.verdict.lowercased()
        }
    }

    private func lines(of name: String) throws -> [String] {
        try String(contentsOf: KernelAnswerTests.folder.appendingPathComponent(name), encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }

    /// What counted something, with its table, sorted: the kernel's tables stand in another order.
    private func counted(_ lines: [String]) -> [String] {
        var table = ""
        var family = 0
        var seen: Set<String> = []
        var found: [String] = []
        for line in lines {
            if line.hasPrefix("*") {
                table = line
                if !seen.insert(line).inserted {
                    family += 1
                    seen = [line]
                }
            } else if line.contains("["), !line.contains("[0:0]") {
                found.append("\(family) \(table) \(line)")
            }
        }
        return found.sorted()
    }
}
