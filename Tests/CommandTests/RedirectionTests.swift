import Foundation
import Testing

/// Connections that a REDIRECT rule brings, in a network namespace of our own.
@Suite(.enabled(if: isPossible, "needs root, unshare, setpriv, iptables, python3 and curl"))
struct RedirectionTests {
    /// The gateway runs as another user, whose own connections to servers aren't redirected.
    private static let script = """
        set -eu
        ip link set lo up
        iptables -t nat -A OUTPUT -p tcp --dport 8000:8001 -m owner ! --uid-owner 12345 -j REDIRECT --to-ports 15001
        python3 -u -m http.server 8000 --bind 127.0.0.2 >server.log 2>&1 & server=$!
        setpriv --reuid 12345 --clear-groups "$1" serve policy.yaml --log - >sessions.jsonl 2>gateway.log & gateway=$!
        trap 'kill -9 $server $gateway 2>/dev/null || true' EXIT
        for try in $(seq 1000); do
            grep -q listening gateway.log && grep -q Serving server.log && break
            sleep 0.01
        done
        curl -s -o /dev/null -w '%{http_code}\\n' http://127.0.0.2:8000/policy.yaml
        curl -s -o /dev/null -w '%{http_code}\\n' http://127.0.0.2:8000/admin/
        curl -s -o /dev/null http://127.0.0.2:8001/ || echo nothing
        curl -s -o /dev/null http://127.0.0.1:15001/ || echo nothing
        kill -TERM $gateway
        wait $gateway
        """

    @Test func theOriginalDestinationPicksTheListener() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "gatehouse-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        try """
        listeners: [{protocol: http, ports: [8000]}]
        rules:
          - {name: no-admin, when: {path: "/admin/**"}, then: deny}
          - {name: web, when: {server: 127.0.0.2, port: 8000}, then: allow}
        """.write(to: folder.appendingPathComponent("policy.yaml"), atomically: true, encoding: .utf8)
        let program = folder.appendingPathComponent("gatehouse")
        try FileManager.default.copyItem(at: Program.executable, to: program)
        try RedirectionTests.script.write(
            to: folder.appendingPathComponent("script"), atomically: true, encoding: .utf8)
        let result = try bash("cd \(folder.path) && unshare -n bash script \(program.path)")
        #expect(result.output == "200\n403\nnothing\nnothing\n")
        #expect(result.exitCode == 0)
        let lines = try String(contentsOf: folder.appendingPathComponent("sessions.jsonl"), encoding: .utf8)
        let sessions = try lines.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }.sorted { ($0["session"] as? Int ?? 0) < ($1["session"] as? Int ?? 0) }
        #expect(sessions.map { $0["verdict"] as? String } == ["ALLOW", "DENY", "DENY", "RESET"])
        #expect(sessions.map { $0["rule"] as? String } == ["web", "no-admin", nil, nil])
        #expect(
            sessions.map { $0["server"] as? String } == [
                "127.0.0.2:8000", "127.0.0.2:8000", "127.0.0.2:8001", "127.0.0.1:15001",
            ])
        #expect(sessions.suffix(2).allSatisfy { $0["reason"] as? String == "unlisted" })
    }
}

private func bash(_ script: String) throws -> (output: String, exitCode: Int32) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", script]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (String(decoding: data, as: UTF8.self), process.terminationStatus)
}

private let isPossible =
    geteuid() == 0
    && (try? bash(
        "command -v unshare setpriv ip python3 curl iptables && unshare -n iptables -t nat -S"))?.exitCode
        == 0
