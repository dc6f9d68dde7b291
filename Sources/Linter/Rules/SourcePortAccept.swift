import Packets
import RuleModel
import Symbolic

/// FW211.
enum SourcePortAccept: Lint {
    static let description = LintDescription(
        "FW211", "sport-only-accept", .error,
        summary: "A rule accepts new packets to any port because of the port from which they come.",
        reason: """
            The sender chooses the source port. Whoever scans from port 53 gets to every port behind the rule \
            (nmap --source-port 53).
            """,
        example: "-A INPUT -p udp -m udp --sport 53 -j ACCEPT",
        instead: "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        exceptions: "Filters without connection tracking can't tell answers otherwise.",
        sources: ["nmap(1), --source-port"])

    /// Ports that have nothing to do with each other: a rule that lets all of these through asks for none.
    private static let probes: [UInt32] = [22, 1900, 3306, 50_000]

    static func findings(in file: LintContext) -> [Finding] {
        file.liveRules(of: [.filter]) { facts, solved, index in
            let rule = facts.rule(index)
            guard rule.target.action == .accept, rule.condition.reads(.sourcePort),
                !rule.condition.reads(.destinationPort)
            else { return nil }
            let space = solved.space
            let udp = space.set(.number(.transportProtocol, in: NumberSet(UInt32(IPProtocol.udp.rawValue))))
            let new = space.intersection(space.union(solved.synOnly, udp), solved.state(.new))
            let opening = space.intersection(space.intersection(solved.taking(index), new), solved.arriving)
            let open = probes.map { port in
                space.intersection(opening, space.set(.number(.destinationPort, in: NumberSet(port))))
            }
            guard open.allSatisfy({ !space.isEmpty($0) }), solved.confidence(opening) == .proved else {
                return nil
            }
            return Finding(
                description, "accepts new packets to any port, by the port that they come from",
                at: rule.range,
                subject: facts.subject(index), witness: solved.witness(open[0]))
        }
    }
}
