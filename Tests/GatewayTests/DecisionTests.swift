import Gateway
import Packets
import Testing

@Suite struct DecisionTests {
    private func glob(_ text: String) -> ValueMatcher { .text(TextPattern(glob: text)) }

    private func policy(_ rules: PolicyRule..., defaultAction: PolicyAction = .deny) -> GatewayPolicy {
        var policy = GatewayPolicy()
        policy.rules = rules
        policy.defaultAction = defaultAction
        return policy
    }

    private func http(at stage: PolicyStage = .request) -> RequestFacts {
        var facts = RequestFacts()
        facts.set(.protocol, "http")
        facts.stage = stage
        return facts
    }

    @Test func theFirstRuleThatMatchesDecides() {
        let policy = policy(
            PolicyRule(name: "posts", tests: [FieldTest(.method, glob("POST"))], action: .reset),
            PolicyRule(
                name: "home", tests: [FieldTest(.method, glob("GET")), FieldTest(.path, glob("/"))],
                action: .allow),
            PolicyRule(name: "rest", action: .pass))
        var facts = http()
        facts.set(.method, "GET")
        facts.set(.path, "/")
        #expect(policy.decide(facts).rule == "home")
        #expect(policy.decide(facts).action == .allow)
        #expect(policy.decide(facts).pendingStage == nil)
        facts.set(.path, "/a")
        #expect(policy.decide(facts).rule == "rest")
        facts.set(.method, "POST")
        #expect(policy.decide(facts).action == .reset)
    }

    @Test func theDefaultDecidesWhereNoRuleMatches() {
        let decision = policy(PolicyRule(name: "a", tests: [FieldTest(.host, glob("x"))], action: .allow))
            .decide(http())
        #expect(decision.action == .deny)
        #expect(decision.rule == nil)
    }

    /// A rule about the response waits, the ones behind it decide about the request, and the list is read again.
    @Test func aRuleAboutTheResponseIsPendingUntilItsStage() {
        let policy = policy(
            PolicyRule(
                name: "no-elf",
                tests: [FieldTest(.host, glob("h")), FieldTest(.responseMagic, glob("elf"))], action: .deny),
            PolicyRule(
                name: "big", tests: [FieldTest(.bodyBytes, .number(10...Int64.max))], action: .reset),
            PolicyRule(name: "all", action: .allow),
            PolicyRule(name: "late", tests: [FieldTest(.status, .number(500...599))], action: .deny))
        var facts = http()
        facts.set(.host, "h")
        #expect(policy.decide(facts).rule == "all")
        #expect(policy.decide(facts).pendingStage == .responseBody)
        facts.set(.host, "other")
        #expect(policy.decide(facts).pendingStage == .requestBody)
        facts.stage = .requestBody
        facts.set(.bodyBytes, number: 9)
        #expect(policy.decide(facts).pendingStage == nil)
        facts.set(.host, "h")
        facts.stage = .responseBody
        facts.set(.responseMagic, "elf")
        #expect(policy.decide(facts).rule == "no-elf")
        #expect(policy.decide(facts).pendingStage == nil)
    }

    /// The default, too, may be overruled later.
    @Test func theDefaultIsPendingToo() {
        let decision = policy(
            PolicyRule(name: "ok", tests: [FieldTest(.status, .number(200...200))], action: .allow)
        ).decide(http())
        #expect(decision.action == .deny)
        #expect(decision.pendingStage == .response)
    }

    /// What a protocol hasn't got isn't waited for: it is absent at once, and `not` holds for it.
    @Test func aFieldOfAnotherProtocolIsAbsentAtOnce() {
        let policy = policy(
            PolicyRule(name: "magic", tests: [FieldTest(.responseMagic, glob("elf"))], action: .deny),
            PolicyRule(
                name: "no-magic", tests: [FieldTest(.responseMagic, .not(glob("elf")))], action: .allow))
        var facts = RequestFacts()
        facts.set(.protocol, "dns")
        #expect(policy.decide(facts).rule == "no-magic")
        #expect(policy.decide(facts).pendingStage == nil)
    }

    /// The version of TLS is the server's choice; that of HTTP and SSH comes with the request.
    @Test func theVersionOfTLSComesWithTheResponse() {
        let policy = policy(
            PolicyRule(name: "old", tests: [FieldTest(.version, glob("1.0"))], action: .reset))
        var facts = http()
        facts.set(.version, "1.0")
        #expect(policy.decide(facts).rule == "old")
        facts.set(.protocol, "tls")
        #expect(policy.decide(facts).rule == nil)
        #expect(policy.decide(facts).pendingStage == .response)
        facts.stage = .response
        #expect(policy.decide(facts).rule == "old")
    }

    @Test func listsAreOrAndNotHoldsForWhatIsAbsent() {
        let policy = policy(
            PolicyRule(
                name: "not-ours",
                tests: [FieldTest(.sni, .not(.any([glob("a.example"), glob("b.example")])))],
                action: .reset),
            PolicyRule(
                name: "ours", tests: [FieldTest(.sni, .any([glob("a.*"), glob("b.*")]))], action: .allow)
        )
        var facts = RequestFacts()
        facts.set(.protocol, "tls")
        #expect(policy.decide(facts).rule == "not-ours")
        facts.set(.sni, "b.example")
        #expect(policy.decide(facts).rule == "ours")
        facts.set(.sni, "c.example")
        #expect(policy.decide(facts).rule == "not-ours")
    }

    @Test func headersAddressesAndNumbersAreCompared() throws {
        let prefix = try #require(IPPrefix("192.0.2.0/24"))
        let policy = policy(
            PolicyRule(
                name: "debug", tests: [FieldTest(.header, headerName: "x-debug", glob("on"))], action: .deny),
            PolicyRule(
                name: "response",
                tests: [FieldTest(.responseHeader, headerName: "x-debug", glob("on"))], action: .reset),
            PolicyRule(
                name: "here",
                tests: [FieldTest(.client, .prefix(prefix)), FieldTest(.port, .number(80...443))],
                action: .allow))
        var facts = http(at: .response)
        facts[.client] = [.address(try #require(IPAddress("192.0.2.9")))]
        facts.set(.port, number: 443)
        #expect(policy.decide(facts).rule == "here")
        facts.addHeader("x-debug", "off", ofResponse: false)
        facts.addHeader("x-debug", "on", ofResponse: true)
        #expect(policy.decide(facts).rule == "response")
        facts.addHeader("x-debug", "on", ofResponse: false)
        #expect(policy.decide(facts).rule == "debug")
        facts = http()
        facts.set(.port, "443")
        #expect(policy.decide(facts).rule == nil, "a text is no number")
    }
}
