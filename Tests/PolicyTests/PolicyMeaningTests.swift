import Diagnostics
import Gateway
import Packets
import PolicyFile
import TestSupport
import Testing

@Suite struct PolicyMeaningTests {
    private func read(_ text: String) throws -> GatewayPolicy {
        let result = GatewayPolicyReader.read(SourceFile(name: "policy", text: text))
        return try #require(result.policy, "\(DiagnosticRenderer().render(result.diagnostics))")
    }

    private let listeners = "listeners: [{protocol: http, ports: [80]}]\n"

    @Test func settingsAndListeners() throws {
        let policy = try read(
            """
            gateway: {address: [198.51.100.1, "2001:db8::1"], open: on-connect, detect: auto, seed: 7}
            listeners:
              - {protocol: http, ports: [8000-8099, 80, 81, "8050-9000"], servers: 192.0.2.0/24}
              - {protocol: dns, ports: 53}
              - {protocol: plug, ports: [5432], transport: udp}
              - {protocol: http, listen: "127.0.0.1:0", to: "[::1]:80"}
              - {protocol: http, listen: "[::1]:3128", mode: explicit}
            unlisted: pass
            limits: {header-bytes: 16k, body-bytes: 2G, idle-time: 1h30m, header-time: 500ms, sessions: 5}
            default: reset
            anomalies: {bare-lf: allow, obs-fold: deny, "limit:url-bytes": allow}
            """)
        #expect(policy.settings.addresses.map(\.description) == ["198.51.100.1", "2001:db8::1"])
        #expect(policy.settings.open == .onConnect)
        #expect(policy.settings.detection == .auto)
        #expect(policy.settings.seed == 7)
        #expect(policy.listeners[0].ports == [80...81, 8000...9000])
        #expect(policy.listeners[0].servers.map(\.description) == ["192.0.2.0/24"])
        #expect(policy.listeners[0].transports == [.tcp])
        #expect(policy.listeners[1].transports == [.tcp, .udp])
        #expect(policy.listeners[2].transports == [.udp])
        #expect(policy.listeners[3].listen == Endpoint(.v4(0x7f00_0001), 0))
        #expect(policy.listeners[3].mode == .fixed(Endpoint(.v6(1), 80)))
        #expect(policy.listeners[4].mode == .explicit)
        #expect(policy.unlisted == .pass)
        #expect(policy.limits[.headerBytes] == 16_384)
        #expect(policy.limits[.bodyBytes] == 2 << 30)
        #expect(policy.limits[.idleTime] == 5_400_000_000_000)
        #expect(policy.limits[.headerTime] == 500_000_000)
        #expect(policy.limits[.sessions] == 5)
        #expect(policy.limits[.urlBytes] == 8_192, "the default")
        #expect(policy.defaultAction == .reset)
        #expect(policy.allowedAnomalies.map(\.rawValue).sorted() == ["bare-lf", "limit:url-bytes"])
    }

    @Test func rulesSayWhatTheyDo() throws {
        let policy = try read(
            listeners
                + """
                rules:
                  - name: no-admin
                    when: {host: "*.example.com", path: ["/admin/", "/adm/**"], client: {not: 10.0.0.0/8}}
                    then: deny
                    reply: {status: 404, body: "no\\n"}
                  - name: big
                    when: {body-bytes: "> 1000", header: {X-Kind: "/a+/", Accept: "*"}}
                    then: reset
                  - name: rest
                    then: allow
                    set: {request-header: {Via: 1.1 gatehouse}, response-header: {A: b}}
                    remove: {request-header: Proxy-Connection, response-header: [Server]}
                """)
        var facts = RequestFacts()
        facts.set(.protocol, "http")
        facts.set(.host, "WWW.example.com.")
        facts.set(.path, "/admin/")
        facts[.client] = [.address(.v4(0xc000_0201))]
        #expect(policy.decide(facts).rule == "no-admin")
        #expect(policy.decide(facts).reply == DenialReply(status: 404, body: "no\n"))
        #expect(policy.rules[0].line == 3)
        facts[.client] = [.address(.v4(0x0a00_0201))]
        #expect(policy.decide(facts).rule == "rest")
        #expect(policy.decide(facts).pendingStage == nil, "it has no such headers")
        facts.addHeader("x-kind", "aa", ofResponse: false)
        facts.addHeader("accept", "text/html", ofResponse: false)
        #expect(policy.decide(facts).pendingStage == .requestBody)
        facts.stage = .requestBody
        facts.set(.bodyBytes, number: 1000)
        #expect(policy.decide(facts).rule == "rest")
        facts.set(.bodyBytes, number: 1001)
        #expect(policy.decide(facts).rule == "big")
        let edits = policy.rules[2].edits
        #expect(edits.setRequest == [.init("Via", "1.1 gatehouse")])
        #expect(edits.setResponse == [.init("A", "b")])
        #expect(edits.removeRequest == ["Proxy-Connection"])
        #expect(edits.removeResponse == ["Server"])
    }

    /// A path begins with a slash, as an expression does.
    @Test(arguments: [
        ("/admin/", "/admin/", true), ("/a/*/", "/a/b/", true), ("/a/*/", "/aaa", false),
        ("/.well-known/", "/.well-known/", true), ("/.*\\.php/", "/x/a.php", true),
        ("/\\/v[12]/", "/v1", true), ("/(/a|/b)/", "/b", true), ("/^/x$/", "/x", true),
        ("//x+/", "/xx", true), ("/", "/", true), ("//", "//", true),
    ])
    func pathsAreGlobsUnlessAnExpressionFitsASlash(pattern: String, path: String, fits: Bool) throws {
        let policy = try read(listeners + "rules: [{name: a, when: {path: '\(pattern)'}, then: allow}]\n")
        var facts = RequestFacts()
        facts.set(.path, path)
        #expect((policy.decide(facts).rule == "a") == fits)
    }

    @Test(arguments: [
        ("200", 200, 200), ("10-20", 10, 20), ("> 9", 10, Int64.max), (">=9", 9, .max), ("< 9", 0, 8),
        ("<= 9", 0, 9),
    ])
    func numbersHaveRanges(text: String, lower: Int64, upper: Int64) throws {
        let policy = try read(listeners + "rules: [{name: a, when: {status: \"\(text)\"}, then: allow}]\n")
        var facts = RequestFacts()
        facts.set(.protocol, "http")
        facts.stage = .response
        for (value, expected) in [(lower, true), (upper, true), (lower - 1, false)] {
            facts.set(.status, number: value)
            #expect((policy.decide(facts).rule == "a") == expected)
        }
        if upper < .max {
            facts.set(.status, number: upper + 1)
            #expect(policy.decide(facts).rule == nil)
        }
    }

    /// Names used several times are aliases of YAML, within bounds.
    @Test func aFewAliasesAreRead() throws {
        let policy = try read(
            listeners
                + "rules: [{name: a, when: {host: &ours [a.example, b.example]}, then: allow},"
                + " {name: b, when: {host: {not: *ours}}, then: deny}]\n")
        var facts = RequestFacts()
        facts.set(.host, "b.example")
        #expect(policy.decide(facts).rule == "a")
        facts.set(.host, "c.example")
        #expect(policy.decide(facts).rule == "b")
    }
}
