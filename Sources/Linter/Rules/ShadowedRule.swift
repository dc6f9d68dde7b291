import RuleModel

/// FW101.
enum ShadowedRule: Lint {
    static let description = LintDescription(
        "FW101", "shadowed-rule", .error, fix: .unsafe,
        summary: "One earlier rule takes all packets that the rule matches; a warning if both do the same.",
        reason: """
            The rule never runs. Where the two differ, packets meet the opposite of what the rule says: an exception \
            that stands behind the rule that it should be an exception to.
            """,
        example: """
            -A INPUT -s 10.0.0.0/8 -j DROP
            -A INPUT -s 10.1.2.0/24 -j ACCEPT
            """,
        instead: """
            -A INPUT -s 10.1.2.0/24 -j ACCEPT
            -A INPUT -s 10.0.0.0/8 -j DROP
            """,
        exceptions: "A rule that is kept for its place, while the rule above it is there for a time only.",
        sources: ["Al-Shaer and Hamed, Firewall Policy Advisor for Anomaly Discovery and Rule Editing, 2003"])

    static func findings(in file: LintContext) -> [Finding] {
        file.anomalies { facts, solved, index, anomaly in
            guard case .shadowed(let cause) = anomaly else { return nil }
            let differs = facts.differs(index, from: [cause])
            let contrast = differs ? "; this rule would \(facts.deed(index)) them" : ""
            return Finding(
                description, "shadowed: \(facts.lines([cause])) \(facts.deeds(cause)) all that it matches\(contrast)",
                at: facts.rule(index).range, subject: facts.subject(index), severity: differs ? .error : .warning,
                related: [facts.related("the rule that takes its packets", cause)],
                witness: solved.witness(solved.wanted(index)),
                proof: "of the packets that it matches, none gets past \(facts.lines([cause]))",
                fix: facts.removal(of: [facts.rule(index)], isSafe: false))
        }
    }
}

extension TableFacts {
    /// Whether a rule would do something else to packets than those do that take them before it.
    func differs(_ index: RuleIndex, from takers: [RuleIndex]) -> Bool {
        // A rule without a target counts only.
        if case .none = rule(index).target { return false }
        return takers.contains { !rule($0).target.isSame(as: rule(index).target) }
    }
}
