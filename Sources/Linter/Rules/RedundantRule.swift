import Symbolic
import RuleModel

/// FW104.
enum RedundantRule: Lint {
    static let description = LintDescription(
        "FW104", "redundant-rule", .warning, fix: .safe,
        summary: "Without the rule, the same would be decided for its packets by later rules or the policy.",
        reason: """
            It costs time for each packet, and hides what really decides: whoever changes it changes nothing. A jump \
            to a chain that decides nothing is of this kind, too.
            """,
        example: """
            -A INPUT -p tcp -m tcp --dport 443 -j ACCEPT
            -A INPUT -p tcp -m multiport --dports 443,8443 -j ACCEPT
            """,
        instead: "-A INPUT -p tcp -m multiport --dports 443,8443 -j ACCEPT",
        exceptions: """
            The rule is there for its counters, or to state the intention apart from the rule that covers it. A rule \
            without any test that ends a chain is never reported.
            """,
        sources: ["Al-Shaer and Hamed, Firewall Policy Advisor for Anomaly Discovery and Rule Editing, 2003"])

    static func findings(in file: LintContext) -> [Finding] {
        file.anomalies { facts, solved, index, anomaly in
            switch anomaly {
            case .redundant(let causes, let policy): redundant(facts, solved, index, causes, policy)
            case .idleCall: idle(facts, solved, index)
            default: nil
            }
        }
    }

    private static func redundant(
        _ facts: TableFacts, _ solved: SolvedTable, _ index: RuleIndex, _ causes: [RuleIndex], _ policy: Bool
    ) -> Finding {
        let rule = facts.rule(index)
        let chain = facts.chain(index)
        let end = chain.policy.map { "the policy \($0.rawValue)" } ?? "the end of the chain"
        var deciders = causes.isEmpty ? [] : [facts.lines(causes)]
        if policy { deciders.append(end) }
        let isOne = causes.count + (policy ? 1 : 0) == 1
        var related = causes.map { facts.related("this \(facts.deeds($0)) them, too", $0) }
        if policy, let declaration = chain.declaration {
            related.append(Finding.Related("\(end) of \(chain.name)", at: declaration, subject: facts.subject(chain)))
        }
        return Finding(
            description,
            "redundant: without it, \(deciders.joined(separator: " and ")) \(isOne ? "does" : "do") the same",
            at: rule.range, subject: facts.subject(index), related: related,
            proof: "nothing in between treats its packets otherwise, logs or marks them",
            fix: facts.removal(of: [rule], isSafe: isSafe(solved, index)))
    }

    private static func idle(_ facts: TableFacts, _ solved: SolvedTable, _ index: RuleIndex) -> Finding {
        let rule = facts.rule(index)
        let name = rule.target.chain ?? ""
        let called = facts.table.chain(name)
        let declaration = called?.declaration.map { Finding.Related("the chain \(name)", at: $0) }
        let isHarmless = called?.rules.allSatisfy { !$0.condition.readsHeaders } ?? false
        return Finding(
            description, "redundant: the chain \(name) decides nothing, every packet comes back", at: rule.range,
            subject: facts.subject(index), related: [declaration].compactMap { $0 },
            proof: "no rule in \(name) accepts, drops, rejects, logs or marks",
            fix: facts.removal(of: [rule], isSafe: isHarmless && isSafe(solved, index)))
    }

    /// A rule that reads headers drops packets in which they are cut short; without it they would go on.
    private static func isSafe(_ solved: SolvedTable, _ index: RuleIndex) -> Bool {
        let sets = solved.facts.rules[index.chain][index.rule]
        return !solved.space.meet(sets.reaching, sets.cutShort, solved.space.everything)
    }
}
