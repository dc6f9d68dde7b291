import RuleModel

/// FW108.
enum UnmatchableRule: Lint {
    static let description = LintDescription(
        "FW108", "unmatchable-rule", .error, fix: .unsafe,
        summary: "No packet can match the rule: its tests contradict each other, or those of the way to its chain.",
        reason: """
            The rule does nothing, and whoever wrote it wanted something: to let a service in, or to keep somebody \
            out. Two lists of ports in one rule are both asked for, not either of them.
            """,
        example: "-A INPUT -p tcp -m tcp --dport 25 -m multiport --dports 465,587 -j ACCEPT",
        instead: "-A INPUT -p tcp -m multiport --dports 25,465,587 -j ACCEPT",
        exceptions: "None.",
        sources: [
            "Yuan et al., FIREMAN: A Toolkit for Firewall Modeling and Analysis, IEEE S&P 2006"
        ])

    static func findings(in file: LintContext) -> [Finding] {
        file.anomalies { facts, solved, index, anomaly in
            guard case .unmatchable(let calls) = anomaly else { return nil }
            let rule = facts.rule(index)
            let fix = facts.removal(of: [rule], isSafe: false)
            if calls.isEmpty {
                return Finding(
                    description, "no packet can match this rule: its tests contradict each other", at: rule.range,
                    subject: facts.subject(index), proof: "the set of packets that meet all of its tests is empty",
                    fix: fix)
            }
            let chain = facts.chain(index).name
            return Finding(
                description, "no packet that gets into \(chain) matches this rule", at: rule.range,
                subject: facts.subject(index),
                related: calls.prefix(Finding.mostRelated).map { facts.related("this leads to \(chain)", $0) },
                proof: "what the rule matches and what enters \(chain) have no packet in common", fix: fix)
        }
    }
}
