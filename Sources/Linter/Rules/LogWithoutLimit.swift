import RuleModel

/// FW215.
enum LogWithoutLimit: Lint {
    static let description = LintDescription(
        "FW215", "log-without-limit", .warning,
        summary: "A LOG rule writes a line for every packet that it matches, however many come.",
        reason: """
            Whoever sends such packets fills the disk, and drowns the lines that matter; writing them to a serial \
            console can stop the host.
            """,
        example: ":INPUT DROP [0:0]\n-A INPUT -p udp -j LOG --log-prefix \"udp: \"",
        instead: ":INPUT DROP [0:0]\n-A INPUT -p udp -m limit --limit 5/min -j LOG --log-prefix \"udp: \"",
        exceptions:
            "Packets that only trusted machines can send, or a log that has a limit of its own (ulogd).",
        sources: ["iptables-extensions(8), LOG and limit"])

    static func findings(in file: LintContext) -> [Finding] {
        file.liveRules { facts, solved, index in
            let rule = facts.rule(index)
            guard case .log? = rule.target.action, !rule.condition.hasHistory else { return nil }
            let taken = solved.taking(index)
            // The limit may stand at the jump to this chain.
            guard solved.confidence(taken) == .proved else { return nil }
            return Finding(
                description, "logs every packet that it matches, without a limit", at: rule.range,
                subject: facts.subject(index), witness: solved.witness(taken))
        }
    }
}
