import RuleModel

/// FW102.
enum ShadowedByUnion: Lint {
    static let description = LintDescription(
        "FW102", "shadowed-by-union", .error, fix: .unsafe,
        summary: "Several earlier rules together take all packets that the rule matches.",
        reason: """
            The rule never runs, and none of the rules above shows it alone: two halves of a network, or of a range \
            of ports, were dealt with one by one.
            """,
        example: """
            -A INPUT -s 192.0.2.0/25 -j DROP
            -A INPUT -s 192.0.2.128/25 -j DROP
            -A INPUT -s 192.0.2.0/24 -j ACCEPT
            """,
        instead: """
            -A INPUT -s 192.0.2.17/32 -j ACCEPT
            -A INPUT -s 192.0.2.0/24 -j DROP
            """,
        exceptions: "A rule that is kept for its place, while a rule above it is there for a time only.",
        sources: [
            "Yuan et al., FIREMAN: A Toolkit for Firewall Modeling and Analysis, IEEE S&P 2006"
        ])

    static func findings(in file: LintContext) -> [Finding] {
        file.anomalies { facts, solved, index, anomaly in
            guard case .shadowedByUnion(let causes) = anomaly else { return nil }
            let differs = facts.differs(index, from: causes)
            let contrast = differs ? "; this rule would \(facts.deed(index)) them" : ""
            return Finding(
                description, "shadowed: \(facts.lines(causes)) together take all that it matches\(contrast)",
                at: facts.rule(index).range, subject: facts.subject(index), severity: differs ? .error : .warning,
                related: causes.prefix(Finding.mostRelated).map {
                    facts.related("this \(facts.deeds($0)) some of its packets", $0)
                },
                witness: solved.witness(solved.wanted(index)),
                proof: "of the packets that it matches, none gets past all of these rules",
                fix: facts.removal(of: [facts.rule(index)], isSafe: false))
        }
    }
}
