import Foundation
import Testing

/// What the gateway read of recorded scenarios against what the servers themselves logged. Skipped in a clone without
/// `../shared`.
@Suite struct ScenarioTruthTests {
    private static let folder = Program.repository.deletingLastPathComponent().appendingPathComponent(
        "shared/captures")
    private static let isThere = FileManager.default.fileExists(
        atPath: folder.appendingPathComponent("http-basic").path)

    private typealias JSON = [String: Any]

    private func truth(_ scenario: String) throws -> JSON {
        let file = ScenarioTruthTests.folder.appendingPathComponent("\(scenario)/scenario.json")
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? JSON
        return try #require(json?["truth"] as? JSON)
    }

    /// The sessions of both captures of the router, and the summary.
    private func sessions(_ scenario: String, policy: String = "open") throws -> (rows: [JSON], summary: JSON)
    {
        let run = try Program.run(
            ["proxy", "Fixtures/Gateway/\(policy).gateway.yaml", "--format", "jsonl"] + captures(scenario))
        #expect(run.exitCode == 0)
        var rows = try run.output.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? JSON)
        }
        let summary = try #require(rows.removeLast()["summary"] as? JSON)
        return (rows, summary)
    }

    private func captures(_ scenario: String) -> [String] {
        ["lan", "wan"].map { ScenarioTruthTests.folder.appendingPathComponent("\(scenario)/\($0).pcap").path }
    }

    private func requests(_ row: JSON) -> [JSON] { row["requests"] as? [JSON] ?? [] }

    /// As `client` has it.
    private func endpoint(_ address: Any?, _ port: Any?) -> String {
        let host = address as? String ?? ""
        return (host.contains(":") ? "[\(host)]" : host) + ":\(port as? Int ?? 0)"
    }

    @Test(.enabled(if: isThere, "there is no ../shared/captures"))
    func webServerLog() throws {
        let log = try #require(
            (try truth("http-basic")["server_side"] as? JSON)?["http_requests_nginx"] as? [JSON])
        var logged: [String: [String]] = [:]
        for entry in log {
            let words = ["method", "host", "uri", "status"].map { "\(entry[$0] ?? "")" }
            logged[endpoint(entry["peer"], entry["peer_port"]), default: []].append(
                words.joined(separator: " "))
        }
        var read: [String: [String]] = [:]
        for row in try sessions("http-basic").rows where row["protocol"] as? String == "http" {
            read[try #require(row["client"] as? String)] = requests(row).map { request in
                let query = (request["query"] as? String).map { "?\($0)" } ?? ""
                return "\(request["method"] ?? "") \(request["host"] ?? "") \(request["path"] ?? "")\(query) "
                    + "\(request["status"] ?? "")"
            }
        }
        #expect(log.count == 30)
        #expect(read == logged)
    }

    @Test(.enabled(if: isThere, "there is no ../shared/captures"))
    func serverNames() throws {
        let log = try #require(
            (try truth("https-sni")["server_side"] as? JSON)?["http_requests_nginx"] as? [JSON])
        let rows = try sessions("https-sni").rows.filter { $0["protocol"] as? String == "tls" }
        #expect(rows.count == 18)
        for entry in log {
            let client = endpoint(entry["peer"], entry["peer_port"])
            let request = try #require(
                rows.first { $0["client"] as? String == client }.flatMap { requests($0).first })
            #expect(
                (entry["sni"] as? String ?? "").lowercased() == request["sni"] as? String ?? "", "\(client)")
            let versions = ["TLSv1": "1.0", "TLSv1.1": "1.1", "TLSv1.2": "1.2", "TLSv1.3": "1.3"]
            #expect(versions[entry["tls"] as? String ?? ""] == request["version"] as? String, "\(client)")
        }
    }

    @Test(.enabled(if: isThere, "there is no ../shared/captures"))
    func nameServerLog() throws {
        let log = try #require((try truth("dns")["server_side"] as? JSON)?["dns_log"] as? [String])
        let line = /: \d+ (?<host>\S+)\/(?<port>\d+) query\[(?<type>\S+)\] (?<name>\S+) from/
        var read: Set<String> = []
        for row in try sessions("dns").rows where row["protocol"] as? String == "dns" {
            for request in requests(row) {
                read.insert("\(row["client"] ?? "") \(request["type"] ?? "") \(request["name"] ?? "")")
            }
        }
        var count = 0
        for match in log.compactMap({ try? line.firstMatch(in: $0) }) {
            // Other servers' own questions don't pass the router; dnsmasq has a name for type 65.
            guard !match.host.hasPrefix("198.51.100.") else { continue }
            let type = match.type == "HTTPS" ? "TYPE65" : String(match.type)
            let words = "\(endpoint(String(match.host), Int(match.port))) \(type) \(match.name.lowercased())"
            #expect(read.contains(words), "\(words)")
            count += 1
        }
        #expect(count == 30)
    }

    @Test(.enabled(if: isThere, "there is no ../shared/captures"))
    func remoteShells() throws {
        let log = try #require((try truth("ssh-basic")["server_side"] as? JSON)?["ssh_log"] as? [String])
        let line = /Connection from (?<host>\S+) port (?<port>\d+) on \S+ port (?<server>\d+)/
        let rows = try sessions("ssh-basic").rows
        let logged = log.compactMap { try? line.firstMatch(in: $0) }.map {
            endpoint(String($0.host), Int($0.port))
        }
        #expect(rows.compactMap { $0["client"] as? String } == logged)
        for row in rows {
            let request = try #require(requests(row).first)
            #expect(row["protocol"] as? String == "ssh" && request["version"] as? String == "2.0")
            #expect(["OpenSSH_9.2p1", "labscan_1"].contains(request["software"] as? String))
        }
    }

    /// Segments made to be read differently by different stacks: what the gateway reads, nginx read.
    @Test(.enabled(if: isThere, "there is no ../shared/captures"))
    func evasions() throws {
        let log = try #require(
            (try truth("tcp-evasion")["server_side"] as? JSON)?["http_requests_nginx"] as? [JSON])
        let rows = try sessions("tcp-evasion", policy: "first-wins").rows
        // Before the gateway, decoys haven't died: a low TTL is enough to reach it. A byte sent as urgent is
        // handed to nobody by the server's stack, and goes on as any other from the gateway.
        let read = [33_007: "/robots./report.txt?a", 33_009: nil, 33_014: "/priUvate/report.txt"]
        for entry in log {
            let port = try #require(entry["peer_port"] as? Int)
            let row = try #require(rows.first { ($0["client"] as? String ?? "").hasSuffix(":\(port)") })
            let request = requests(row).first
            let path = (request?["path"] as? String).map { path in
                path + ((request?["query"] as? String).map { "?\($0)" } ?? "")
            }
            if let expected = read[port] {
                #expect(path == expected, "\(port)")
            } else {
                #expect(path == entry["uri"] as? String, "\(port)")
                #expect(request?["status"] as? Int == entry["status"] as? Int, "\(port)")
            }
        }
        #expect(log.count == 21)
    }

    @Test(.enabled(if: isThere, "there is no ../shared/captures"))
    func exactlyTheTunnelsAreDenied() throws {
        let tunnels = try #require(try truth("tunnels-over-web-ports")["tunnels"] as? [JSON])
        let expected = Set(tunnels.map { endpoint($0["server"], $0["port"]) })
        let (rows, summary) = try sessions("tunnels-over-web-ports", policy: "office")
        let denied = rows.filter { ["DENY", "RESET"].contains($0["verdict"] as? String) }
        #expect(Set(denied.compactMap { $0["server"] as? String }) == expected)
        #expect(denied.count == 8 && summary["denied"] as? Int == 8)
        #expect(denied.allSatisfy { $0["leaked_bytes"] as? Int == 0 && $0["upstream"] == nil })
        let others = rows.filter { !expected.contains($0["server"] as? String ?? "") }
        #expect(others.count == 4 && others.allSatisfy { $0["verdict"] as? String == "ALLOW" })
    }

    @Test(
        .enabled(if: isThere, "there is no ../shared/captures"),
        arguments: ["tunnels-over-web-ports", "mixed-office"])
    func shellsOnWebPortsAreBlindSpots(scenario: String) throws {
        let tunnels = try #require(try truth(scenario)["tunnels"] as? [JSON])
        let servers = tunnels.filter { ($0["what"] as? String ?? "").hasPrefix("ssh on port") }.map {
            endpoint($0["server"], $0["port"] ?? 443)
        }
        let run = try Program.run(
            [
                "compare", "--rules", "Fixtures/Gateway/office.v4", "--rules6", "Fixtures/Gateway/office.v6",
                "--policy", "Fixtures/Gateway/office.gateway.yaml", "--format", "jsonl",
            ] + captures(scenario))
        let rows = try run.output.split(separator: "\n").compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? JSON
        }
        #expect(!servers.isEmpty)
        for server in servers {
            let row = try #require(rows.first { $0["server"] as? String == server })
            #expect(row["class"] as? String == "blind-spot" && row["agree"] as? Bool == false, "\(server)")
            #expect((row["filter"] as? JSON)?["verdict"] as? String == "ACCEPT")
        }
        let summary = try #require(rows.last?["summary"] as? JSON)
        let classes = ["blind-spot", "gateway-gap", "stricter-filter", "same"]
        #expect(classes.reduce(0) { $0 + (summary[$1] as? Int ?? 0) } == summary["sessions"] as? Int)
    }
}
