import Diagnostics
import Packets
import RuleModel
import RuleSyntax
import Symbolic

/// FW209.
enum LoopbackNotAllowed: Lint {
    static let description = LintDescription(
        "FW209", "loopback-not-allowed", .warning, fix: .unsafe,
        summary: "INPUT accepts no connection over the loopback interface.",
        reason: """
            Programs of the host talk to each other over lo: name servers, databases, mail. They stop, or wait for \
            time-outs, and nobody thinks of the firewall.
            """,
        example: ":INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -i eth0 -j ACCEPT",
        instead:
            ":INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -i eth0 -j ACCEPT",
        exceptions: "A machine on which nothing listens. Single ports that are accepted on lo are enough.",
        sources: ["RFC 1122, section 3.2.1.3 (g)"])

    static func findings(in file: LintContext) -> [Finding] {
        guard let (facts, solved) = file.filter, let (chain, _, declaration) = facts.declaredBase(.input)
        else {
            return []
        }
        let space = solved.space
        let own: (value: UInt128, mask: UInt128) =
            space.family == .ipv4 ? (0x7f00_0001, 0xffff_ffff) : (1, .max)
        let connections = space.intersection(
            space.intersection(solved.synOnly, solved.state(.new)),
            space.set(
                .all([
                    .interface(.input, RuleFacts.loopback),
                    .address(.source, value: own.value, mask: own.mask),
                    .address(.destination, value: own.value, mask: own.mask),
                ])))
        let fate = solved.sets.fate(of: chain.name)
        let here = space.intersection(connections, space.packets(at: .input))
        guard space.isDisjoint(fate.accepted, here) else { return [] }
        return [
            Finding(
                description, "INPUT accepts nothing on the loopback interface", at: declaration,
                subject: facts.subject(chain), witness: solved.witness(here),
                proof: "INPUT accepts no TCP connection from the host to itself", fix: insertion(chain, facts)
            )
        ]
    }

    private static func insertion(_ chain: Chain, _ facts: TableFacts) -> Finding.Fix? {
        guard let first = chain.rules.first else { return nil }
        let start = facts.wholeLine(first.line).lower
        return Finding.Fix(
            isSafe: false, "accept lo at the top of INPUT",
            [Finding.Edit(SourceRange(start, start), "-A INPUT -i lo -j ACCEPT\n")])
    }
}
