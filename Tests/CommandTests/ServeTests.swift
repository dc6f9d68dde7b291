import Foundation
import Testing

/// The gateway between real programs: what curl gets through it from nginx.
@Suite(.serialized, .enabled(if: WebServer.isInstalled, "needs nginx and curl: Scripts/setup test"))
struct ServeTests {
    private let server: WebServer

    init() throws { server = try WebServer() }

    private var reverse: String {
        """
        listeners: [{protocol: http, listen: "127.0.0.1:0", to: "127.0.0.1:\(server.port)"}]
        rules:
          - name: no-admin
            when: {path: "/admin/**"}
            then: deny
            reply: {status: 403, body: "not from here"}
          - name: web
            when: {method: [GET, HEAD, POST]}
            then: allow
        """
    }

    private let status = ["--write-out", "\\n%{http_code} %{num_connects} %{size_download}\\n"]

    @Test(arguments: [
        ["/"], ["/none"], ["--head", "/"], ["/large.bin"], ["--range", "1000000-1000999", "/large.bin"],
        ["--data", "a=b", "/length"],
        ["--header", "Transfer-Encoding: chunked", "--data", "a=b&c=d", "/length"],
        ["/", "/index.html"], ["--http1.0", "/"], ["--compressed", "/"],
        ["--header", "Expect: 100-continue", "--data", "x", "/length"],
        ["--header", "If-None-Match: \"x\"", "/"],
    ])
    func whatPassesIsWhatTheServerSent(arguments: [String]) throws {
        let gateway = try ServeProgram(reverse)
        let address = try #require(gateway.wait(for: "listening on "))
        func urls(_ authority: String) -> [String] {
            arguments.map { $0.hasPrefix("/") ? "http://\(authority)\($0)" : $0 } + status
        }
        func withoutDates(_ data: Data) -> [Substring] {
            String(decoding: data, as: UTF8.self).split(separator: "\r\n").filter { !$0.hasPrefix("Date:") }
                .sorted()
        }
        let through = try WebServer.curl(urls(address))
        let direct = try WebServer.curl(urls("127.0.0.1:\(server.port)"))
        #expect(through.exitCode == 0)
        if arguments.first == "--head" {
            #expect(withoutDates(through.output).contains("Content-Length: 6"))
            #expect(withoutDates(through.output).contains("HTTP/1.1 200 OK"))
        } else {
            #expect(through.output == direct.output)
        }
        #expect(gateway.stop() == 0)
        let sessions = try gateway.sessions()
        #expect(sessions.count == 1)
        #expect(["ALLOW", "MODIFIED"].contains(sessions.first?["verdict"] as? String))
    }

    @Test func whatThePolicyRefusesIsRefused() throws {
        let gateway = try ServeProgram(reverse)
        let address = try #require(gateway.wait(for: "listening on "))
        let form = ["--write-out", "\n%{http_code}"]
        func get(_ arguments: String...) throws -> String {
            String(decoding: try WebServer.curl(arguments + form).output, as: UTF8.self)
        }
        #expect(try get("http://\(address)/admin/") == "not from here\n403")
        #expect(try get("--path-as-is", "http://\(address)/x/../admin/index.html") == "not from here\n403")
        #expect(try get("http://\(address)/%61dmin/") == "not from here\n403")
        #expect(try get("--request", "DELETE", "http://\(address)/").hasSuffix("\n403"))
        #expect(gateway.stop() == 0)
        let sessions = try gateway.sessions()
        #expect(sessions.map { $0["verdict"] as? String } == ["DENY", "DENY", "DENY", "DENY"])
        #expect(sessions.map { $0["rule"] as? String } == ["no-admin", "no-admin", "no-admin", nil])
        #expect(sessions.allSatisfy { $0["leaked_bytes"] as? Int == 0 && $0["upstream"] == nil })
    }

    @Test func aForwardProxyTunnelsWhereItMay() throws {
        let gateway = try ServeProgram(
            """
            listeners: [{protocol: http, listen: "127.0.0.1:0", mode: explicit}]
            rules:
              - {name: no-tunnels-there, when: {method: CONNECT, host: localhost}, then: deny}
              - {name: web, then: allow}
            """)
        let address = try #require(gateway.wait(for: "listening on "))
        let proxy = ["--proxy", "http://\(address)", "--write-out", "\n%{http_code} %{http_connect}"]
        func get(_ arguments: String...) throws -> String {
            String(decoding: try WebServer.curl(proxy + arguments).output, as: UTF8.self)
        }
        #expect(try get("http://127.0.0.1:\(server.port)/") == "hello\n\n200 000")
        #expect(try get("http://localhost:\(server.port)/") == "hello\n\n200 000")
        #expect(try get("--proxytunnel", "http://127.0.0.1:\(server.port)/") == "hello\n\n200 200")
        #expect(try get("--proxytunnel", "http://localhost:\(server.port)/").hasSuffix("\n000 403"))
        #expect(try get("http://127.0.0.1:\(try FreePort.any())/").hasSuffix("\n502 000"))
        #expect(gateway.stop() == 0)
        #expect(
            try gateway.sessions().map { $0["verdict"] as? String } == [
                "ALLOW", "ALLOW", "PASS", "DENY", "ALLOW",
            ])
    }

    /// Far less memory than the file has, though its reader takes it slowly; and it still comes in whole.
    @Test func aSlowReaderCostsNoMemoryAndSIGTERMWaitsForIt() throws {
        let gateway = try ServeProgram(reverse)
        let address = try #require(gateway.wait(for: "listening on "))
        let before = try residentBytes(gateway.process.processIdentifier)
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        curl.arguments = [
            "curl", "--silent", "--noproxy", "", "--limit-rate", "8M", "http://\(address)/large.bin",
        ]
        let output = Pipe()
        curl.standardOutput = output
        try curl.run()
        var received = Data()
        var most = 0
        var isTold = false
        while case let more = output.fileHandleForReading.availableData, !more.isEmpty {
            received += more
            if gateway.process.isRunning {
                most = max(most, (try? residentBytes(gateway.process.processIdentifier)) ?? 0)
            }
            if !isTold, received.count > 1_000_000 {
                isTold = true
                kill(gateway.process.processIdentifier, SIGTERM)
            }
        }
        curl.waitUntilExit()
        #expect(curl.terminationStatus == 0)
        let file = server.folder.appendingPathComponent("pages/large.bin")
        #expect(try received == Data(contentsOf: file))
        #expect(most - before < 15_000_000, "it grew by \(most - before) bytes")
        gateway.process.waitUntilExit()
        #expect(gateway.process.terminationStatus == 0)
        #expect(try gateway.sessions().first?["server_bytes"] as? Int ?? 0 > 30_000_000)
    }

    private func residentBytes(_ process: Int32) throws -> Int {
        let pages = try String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8).split(
            separator: " ")
        return (Int(pages[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    @Test func reloadingTakesAGoodPolicyAndKeepsTheOldOneFromABadOne() throws {
        let gateway = try ServeProgram(reverse)
        let address = try #require(gateway.wait(for: "listening on "))
        func code() throws -> String {
            let answer = try WebServer.curl([
                "--output", "/dev/null", "--write-out", "%{http_code}", "http://\(address)/",
            ])
            return String(decoding: answer.output, as: UTF8.self)
        }
        #expect(try code() == "200")
        try "listners: []\n".write(to: gateway.policy, atomically: true, encoding: .utf8)
        kill(gateway.process.processIdentifier, SIGHUP)
        #expect(gateway.wait(for: "the old policy stays") != nil)
        #expect(try code() == "200")
        let denying = reverse.replacingOccurrences(of: "then: allow", with: "then: deny")
        try denying.write(to: gateway.policy, atomically: true, encoding: .utf8)
        kill(gateway.process.processIdentifier, SIGHUP)
        #expect(gateway.wait(for: "policy reloaded") != nil)
        #expect(try code() == "403")
        #expect(gateway.stop(SIGINT) == 0)
    }

    @Test func whatItCannotListenAtIsOneLine() throws {
        let policy = reverse.replacingOccurrences(of: "127.0.0.1:0", with: "127.0.0.1:\(server.port)")
        let gateway = try ServeProgram(policy)
        #expect(
            gateway.wait(for: "gatehouse: ")
                == "can't listen on 127.0.0.1:\(server.port): Address already in use")
        gateway.process.waitUntilExit()
        #expect(gateway.process.terminationStatus == 3)
    }
}
