import Foundation
import Testing

extension RecordedFirewallTests {
    /// The fate of each packet of a trace: which rules of which chain it met, by their targets' verdicts. Only packets that
    /// arrived are compared, by their addresses, ports and lengths, in their order.
    func compareTrace(_ recording: Recording, _ replay: RecordingReplay) throws {
        guard recording.has("trace.jsonl.xz") else { return }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["xz", "-dc", recording.file("trace.jsonl.xz").path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "xz is not installed")
        var kernel: [String: [Bool]] = [:]
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
            let json = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            guard json?["start"] as? String == "prerouting", let packet = json?["packet"] as? String,
                let way = json?["way"] as? [String], let key = Self.key(packet)
            else { continue }
            kernel[key, default: []].append(!way.contains { $0.contains("drop") || $0.contains("reject") })
        }
        var simulated: [String: [Bool]] = [:]
        for line in replay.packets {
            let json = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            guard let json, let verdict = json["verdict"] as? String, verdict != "STOLEN",
                let key = Self.key(json)
            else { continue }
            simulated[key, default: []].append(!["DROP", "REJECT"].contains(verdict))
        }
        for (key, verdicts) in kernel.sorted(by: { $0.key < $1.key }) {
            #expect(simulated[key] == verdicts, "packets \(key)")
        }
    }

    /// Of nft's words; nil for packets without ports, and for fragments.
    private static func key(_ packet: String) -> String? {
        let words = packet.split(separator: " ").map(String.init)
        func value(_ first: String, _ second: String) -> String? {
            let place = words.indices.dropLast(2).first { words[$0] == first && words[$0 + 1] == second }
            return place.map { words[$0 + 2] }
        }
        let family = packet.contains("ip6 saddr") ? "ip6" : "ip"
        guard words.count > 1, words[0] == "iif",
            let source = value(family, "saddr"), let destination = value(family, "daddr")
        else { return nil }
        for transport in ["tcp", "udp"] {
            guard let from = value(transport, "sport"), let to = value(transport, "dport"),
                let length = value(family, "length")
            else { continue }
            let total = family == "ip6" ? String((Int(length) ?? 0) + 40) : length
            let name = words[1].trimmingCharacters(in: CharacterSet(charactersIn: "\""))
            return "\(name) \(transport) \(source):\(from) > \(destination):\(to) length \(total)"
        }
        return nil
    }

    private static func key(_ json: [String: Any]) -> String? {
        guard let transport = json["proto"] as? String, transport == "tcp" || transport == "udp",
            let from = json["sport"] as? Int, let to = json["dport"] as? Int,
            let length = json["length"] as? Int
        else { return nil }
        func text(_ name: String) -> String { json[name] as? String ?? "" }
        return "\(text("in")) \(transport) \(text("src")):\(from) > \(text("dst")):\(to) length \(length)"
    }
}
