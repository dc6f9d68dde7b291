import RuleModel

/// FW109.
enum DuplicateRule: Lint {
    static let description = LintDescription(
        "FW109", "duplicate-rule", .warning, fix: .safe,
        summary: "An earlier rule of the chain matches the same packets and does the same to them.",
        reason: """
            It is tested for every packet that comes this far, and never matches. When one of the two is changed \
            later, the other stays.
            """,
        example: """
            -A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT
            -A INPUT -p tcp -m tcp --dport ssh -s 192.0.2.0/255.255.255.0 -j ACCEPT
            """,
        instead: "-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT",
        exceptions: "Rules with limit and other tests with memory aren't duplicates: each has a memory of its own.",
        sources: ["Al-Shaer and Hamed, Firewall Policy Advisor for Anomaly Discovery and Rule Editing, 2003"])

    static func findings(in file: LintContext) -> [Finding] {
        file.anomalies { facts, solved, index, anomaly in
            guard case .duplicate(let first) = anomaly else { return nil }
            let rule = facts.rule(index)
            return Finding(
                description, "duplicate of \(facts.lines([first])): the same packets, the same target",
                at: rule.range, subject: facts.subject(index), related: [facts.related("the first of the two", first)],
                proof: "both rules have the same set of packets, and none is left for the second",
                fix: facts.removal(of: [rule], isSafe: true))
        }
    }
}
