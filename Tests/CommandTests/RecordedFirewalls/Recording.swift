import Foundation
import Testing

/// A folder with what a real firewall did: its rules and addresses, what arrived, what left, and what it counted.
struct Recording: CustomTestStringConvertible {
    let folder: URL
    var testDescription: String { folder.lastPathComponent }

    /// Those of `../shared`, which a clone lacks, and our own.
    static var all: [Recording] {
        let parents = [
            Program.repository.deletingLastPathComponent().appendingPathComponent(
                "shared/captures/kernel-truth"),
            Program.repository.appendingPathComponent("Fixtures/Recorded"),
        ]
        return parents.flatMap { parent in
            ((try? FileManager.default.contentsOfDirectory(at: parent, includingPropertiesForKeys: nil)) ?? [])
                .sorted { $0.path < $1.path }.map(Recording.init)
        }.filter { $0.has("scenario.json") }
    }

    func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name).path) }

    func lines(_ name: String) throws -> [String] {
        try String(contentsOf: file(name), encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// The interfaces that were captured.
    func interfaces() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".in.pcap") }
            .map { String($0.dropLast(8)) }.sorted()
    }

    func router() throws -> [String: Any] {
        let scenario = try JSONSerialization.jsonObject(with: Data(contentsOf: file("scenario.json")))
        return try #require((scenario as? [String: Any])?["router"] as? [String: Any])
    }

    /// Writes what `ip -j` and `sysctl -a` would have printed.
    func writeHost(to output: URL) throws {
        let router = try router()
        let parts = [
            "addr.json": "ip_addr", "route.json": "ip_route", "route6.json": "ip6_route",
            "rule.json": "ip_rule",
        ]
        for (name, key) in parts {
            guard let part = router[key] else { continue }
            try JSONSerialization.data(withJSONObject: part).write(to: output.appendingPathComponent(name))
        }
        let settings = try lines("kernel-stats.txt").filter { $0.hasPrefix("net.") }
        try settings.joined(separator: "\n").write(
            to: output.appendingPathComponent("sysctl.conf"), atomically: true, encoding: .utf8)
        for name in ["ipset.save"] where has(name) {
            try FileManager.default.copyItem(at: file(name), to: output.appendingPathComponent(name))
        }
    }

    /// The addresses of the firewall itself, as `RecordedPacket.source` has them.
    func ownAddresses() throws -> Set<String> {
        let links = try router()["ip_addr"] as? [[String: Any]] ?? []
        let addresses = links.flatMap { $0["addr_info"] as? [[String: Any]] ?? [] }
        return Set(
            addresses.compactMap { $0["local"] as? String }.map { address in
                var bits = in6_addr()
                guard inet_pton(AF_INET6, address, &bits) == 1 else { return address }
                return withUnsafeBytes(of: bits) { RecordedPacket.text(Array($0)[...]) }
            })
    }

    /// The time of `conntrack -L`, as its first line has it.
    func listingTime() throws -> String? {
        guard let first = try lines("conntrack.txt").first, first.hasPrefix("#"),
            let range = first.range(of: #"at [0-9]+\.[0-9]+"#, options: .regularExpression)
        else { return nil }
        return String(first[range].dropFirst(3))
    }
}

/// What a replay of a recording says.
struct RecordingReplay {
    let output: URL
    var errors = ""
    var exitCode: Int32 = 0
    /// One JSON object a packet.
    var packets: [Substring] = []

    init(_ recording: Recording) throws {
        output = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
        try recording.writeHost(to: output)
        var arguments = ["replay", "--host", output.path]
        let families = ["v4", "v6"].filter { recording.has("rules.\($0)") }
        for family in families {
            if family == "v6", families.count == 2 { arguments.append("--rules6") }
            arguments.append(recording.file("rules.\(family)").path)
            let option = family == "v4" ? "--counters" : "--counters6"
            arguments += [option, output.appendingPathComponent("counters.\(family)").path]
        }
        for interface in try recording.interfaces() {
            arguments += ["--capture", "\(interface):in=\(recording.file("\(interface).in.pcap").path)"]
        }
        if let time = try recording.listingTime() { arguments += ["--until", time] }
        arguments += [
            "--conntrack", output.appendingPathComponent("conntrack.txt").path, "--write-egress",
            output.appendingPathComponent("egress.pcap").path, "--format", "jsonl", "--trace",
        ]
        let run = try Program.run(arguments)
        errors = run.errors
        exitCode = run.exitCode
        packets = run.output.split(separator: "\n")
    }

    func lines(_ name: String) throws -> [String] {
        try String(contentsOf: output.appendingPathComponent(name), encoding: .utf8).split(separator: "\n")
            .map(String.init)
    }

    func remove() { try? FileManager.default.removeItem(at: output) }
}
