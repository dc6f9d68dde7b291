import RuleSyntax
import Symbolic
import Diagnostics
import Packets
import RuleModel

/// FW205.
enum NewWithoutSYN: Lint {
    static let description = LintDescription(
        "FW205", "new-without-syn", .warning, fix: .unsafe,
        summary: "A rule accepts NEW TCP packets that don't ask for a connection.",
        reason: """
            To connection tracking any TCP packet of an unknown connection is NEW, be it a lone ACK or FIN \
            (nf_conntrack_tcp_loose). Such scans get past the rule and draw a RST from hosts behind it, which tells \
            the ports that are not filtered.
            """,
        example: "-A INPUT -p tcp -m tcp --dport 80 -m conntrack --ctstate NEW -j ACCEPT",
        instead: "-A INPUT -p tcp -m tcp --dport 80 --syn -m conntrack --ctstate NEW -j ACCEPT",
        exceptions: """
            Connections have to outlive a restart of the firewall, or come to it in the middle (failover). A rule \
            above that drops NEW packets without SYN settles it for all: then there is no finding.
            """,
        sources: [
            "nf_conntrack_tcp_loose in Documentation/networking/nf_conntrack-sysctl.rst of Linux",
            "nmap(1), ACK scan",
        ])

    static func findings(in file: LintContext) -> [Finding] {
        file.liveRules(of: [.filter]) { facts, solved, index in
            let rule = facts.rule(index)
            guard rule.target.action == .accept, rule.condition.readsConnectionState else { return nil }
            let space = solved.space
            // Connection tracking has put fragments together.
            let whole = space.set(.all([.number(.transportProtocol, in: NumberSet(6)), .header(.tcp)]))
            let new = space.intersection(space.intersection(whole, solved.state(.new)), solved.arriving)
            let strange = space.subtracting(solved.synOnly, from: new)
            let accepted = space.intersection(solved.taking(index), strange)
            if space.isEmpty(accepted) { return nil }
            let confidence = solved.confidence(accepted)
            return Finding(
                description, "accepts NEW packets without SYN: a lone ACK passes, too",
                at: rule.range, subject: facts.subject(index), confidence: confidence,
                witness: solved.witness(accepted), fix: addSYN(rule, facts))
        }
    }

    private static func addSYN(_ rule: Rule, _ facts: TableFacts) -> Finding.Fix? {
        let words = facts.words(rule)
        guard let option = words.firstIndex(where: { $0.text == "-p" || $0.text == "--protocol" }),
            option + 1 < words.count, ["tcp", "6"].contains(words[option + 1].text),
            option == 0 || words[option - 1].text != "!"
        else { return nil }
        let end = words[option + 1].range.upper
        return Finding.Fix(isSafe: false, "ask for SYN", [Finding.Edit(SourceRange(end, end), " --syn")])
    }
}
