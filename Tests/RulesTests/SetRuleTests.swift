import AddressSets
import Diagnostics
import Extensions
import Packets
import RuleModel
import Testing

/// How rules find the sets that they name.
struct SetRuleTests {
    private let sets = RuleText.sets(
        "create blocked hash:net\nadd blocked 10.0.0.0/8\ncreate pair hash:ip,port\n")

    private func messages(_ rule: String, sets: SetCatalogue?) -> [String] {
        RuleText.build("*filter\n-A INPUT \(rule)\nCOMMIT\n", sets: sets).diagnostics
            .map { "\($0.code) \($0.severity): \($0.message)" + ($0.suggestion.map { ", \($0)?" } ?? "") }
    }

    @Test func aMissingSetIsAnErrorOnceSetsAreKnown() {
        #expect(messages("-m set --match-set blokced src", sets: nil).isEmpty)
        #expect(
            messages("-m set --match-set blokced src", sets: sets) == [
                "FW015 error: there is no set \"blokced\", blocked?"
            ])
        #expect(messages("-j SET --add-set x src", sets: sets) == ["FW015 error: there is no set \"x\""])
        #expect(messages("-m set --match-set pair src", sets: sets).first?.hasPrefix("FW001 warning") == true)
    }

    /// A set that nothing changes is what it holds; any other has a memory.
    @Test func aFixedSetIsItsElements() throws {
        func condition(_ rules: String) throws -> Condition {
            let built = RuleText.build("*filter\n\(rules)\nCOMMIT\n", sets: sets)
            let rule = try #require(built.ruleSet?.table(.filter)?.chains.flatMap(\.rules).first)
            return rule.condition
        }
        let rule = "-A INPUT -m set --match-set blocked src"
        #expect(try !hasHistory(condition(rule)))
        #expect(try hasHistory(condition(rule + "\n-A INPUT -j SET --add-set blocked src")))
        #expect(try hasHistory(condition(rule + "\n-A INPUT -j SET --ad blocked src")))
    }

    private func hasHistory(_ condition: Condition) -> Bool {
        switch condition {
        case .history: true
        case .not(let part): hasHistory(part)
        case .all(let parts), .any(let parts): parts.contains(where: hasHistory)
        default: false
        }
    }

    @Test func aScriptMakesItsSets() throws {
        let script = """
            #!/bin/sh
            SET=blocked
            ipset -exist create $SET hash:net
            ipset destroy old 2>/dev/null
            /usr/sbin/ipset add "$SET" 10.0.0.0/8 || true
            iptables -A INPUT -m set --match-set $SET src -j DROP
            ip6tables -A INPUT -j ACCEPT

            """
        let built = RuleSetBuilder(catalogue: .standard).buildAll(SourceFile(name: "x.sh", text: script))
        #expect(built.diagnostics.isEmpty)
        #expect(built.ruleSets.map(\.family) == [.ipv4, .ipv6])
        let known = try #require(built.ruleSets.first?.sets)
        #expect(SetPrinter(known).text().contains("add blocked 10.0.0.0/8"))
        let wrong = script.replacing("create $SET", with: "create other")
        let messages = RuleSetBuilder(catalogue: .standard)
            .buildAll(SourceFile(name: "x.sh", text: wrong)).diagnostics.map { "\($0.code) \($0.message)" }
        #expect(messages == ["FW015 there is no set \"blocked\""])
    }

    /// The `ipset` commands of a script go on from the sets of a file.
    @Test func scriptAndFileGoTogether() {
        let script = "ipset add blocked 192.0.2.0/24\niptables -A INPUT -m set --match-set blocked src\n"
        let built = RuleSetBuilder(catalogue: .standard, sets: sets)
            .buildAll(SourceFile(name: "x.sh", text: script))
        #expect(built.ruleSets.first?.sets?["blocked"]?.count == 2)
    }
}
