import RuleModel

/// FW107.
enum UnreachableAfterCatchAll: Lint {
    static let description = LintDescription(
        "FW107", "unreachable-after-catch-all", .error, fix: .unsafe,
        summary: "A rule stands behind one that nothing gets past.",
        reason: """
            It never runs. Mostly it was appended with -A to a chain that ends with a rule for everything, and \
            should have been inserted before that.
            """,
        example: "-A INPUT -j DROP\n-A INPUT -p icmp -j ACCEPT",
        instead: "-A INPUT -p icmp -j ACCEPT\n-A INPUT -j DROP", exceptions: "None.",
        sources: ["Al-Shaer and Hamed, Firewall Policy Advisor for Anomaly Discovery and Rule Editing, 2003"])

    static func findings(in file: LintContext) -> [Finding] {
        file.anomalies { facts, solved, index, anomaly in
            guard case .afterCatchAll(let cause, let last, let count) = anomaly else { return nil }
            let rules = (index.rule..<index.rule + count).map {
                facts.rule(RuleIndex(chain: index.chain, rule: $0))
            }
            let others = Set(rules.map(\.line)).count - 1
            let subject =
                switch others {
                case 0: "never reached"
                case 1: "this rule and the one behind it are never reached"
                default: "this rule and the \(others) behind it are never reached"
                }
            var related = [facts.related("this \(facts.deeds(cause)) all that comes", cause)]
            if last != cause { related.append(facts.related("there, this \(facts.deeds(last)) the rest", last)) }
            return Finding(
                description, "\(subject): nothing gets past \(facts.lines([cause]))", at: facts.rule(index).range,
                subject: facts.subject(index), related: related,
                proof: "the set of packets that come to this rule is empty",
                fix: facts.removal(of: rules, isSafe: false, others == 0 ? "remove the rule" : "remove the rules"))
        }
    }
}
