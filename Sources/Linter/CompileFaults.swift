/// What is wrong with a rule file before any rule can be looked at: the codes of the diagnostics that compiling it
/// gives, which `lint` reports with its own findings.
public enum CompileFaults {
    public static let all: [LintDescription] = [
        LintDescription(
            "FW001", "syntax-error", .error,
            summary: "A line that iptables-restore wouldn't read, or would read as something else.",
            reason:
                "iptables-restore refuses the whole file, and the host keeps the rules that it has, or none.",
            example: "-A INPUT -p tcp -m tcp --dport abc -j ACCEPT",
            instead: "-A INPUT -p tcp -m tcp --dport 8080 -j ACCEPT",
            exceptions: "None.",
            sources: ["iptables-restore(8)", "iptables/iptables-restore.c of iptables 1.8.9"]),
        LintDescription(
            "FW002", "unknown-match-or-target", .error,
            summary: "A match or target that doesn't exist, or that isn't simulated yet.",
            reason: "What it means is unknown, so nothing can be said about the rule.",
            example: "-A INPUT -m foo -j ACCEPT", instead: "-A INPUT -m conntrack --ctstate NEW -j ACCEPT",
            exceptions: "None.", sources: ["iptables-extensions(8)"]),
        LintDescription(
            "FW003", "undefined-chain", .error,
            summary: "A rule names a chain that the table doesn't have.",
            reason: "iptables-restore refuses the whole file.",
            example: "-A INPUT -p tcp -m tcp --dport 80 -j WEB",
            instead: ":WEB - [0:0]\n-A INPUT -p tcp -m tcp --dport 80 -j WEB", exceptions: "None.",
            sources: ["iptables-restore(8)"]),
        LintDescription(
            "FW004", "chain-loop", .error,
            summary: "Chains jump to each other in a circle.",
            reason: "The kernel refuses rules in which a packet could go round for ever.",
            example: ":a - [0:0]\n:b - [0:0]\n-A INPUT -j a\n-A a -j b\n-A b -j a",
            instead: ":a - [0:0]\n:b - [0:0]\n-A INPUT -j a\n-A a -j b\n-A b -j RETURN",
            exceptions: "None.", sources: ["mark_source_chains in net/ipv4/netfilter/ip_tables.c"]),
        LintDescription(
            "FW006", "missing-commit", .error,
            summary: "A table that isn't ended by COMMIT, or that stands twice.",
            reason: "Without COMMIT nothing of the table is loaded; the second of two replaces the first.",
            example: "*filter\n-A INPUT -j DROP", instead: "*filter\n-A INPUT -j DROP\nCOMMIT",
            exceptions: "None.", sources: ["iptables-restore(8)"]),
        LintDescription(
            "FW007", "target-invalid-here", .error,
            summary: "A match or target that the kernel doesn't take in this table, or from this hook.",
            reason: "The kernel refuses the rules.",
            example: "*nat\n-A PREROUTING -j REJECT\nCOMMIT", instead: "*filter\n-A INPUT -j REJECT\nCOMMIT",
            exceptions: "None.", sources: ["iptables-extensions(8)"]),
        LintDescription(
            "FW008", "match-needs-protocol", .error,
            summary:
                "A match or target that works for some protocols only, in a rule that names none of them.",
            reason: "The kernel refuses the rules.",
            example: "-A INPUT --dport 80 -j ACCEPT", instead: "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT",
            exceptions: "None.", sources: ["iptables-extensions(8)"]),
        LintDescription(
            "FW011", "hostname-in-rule", .error,
            summary: "A host name in place of an address.",
            reason: """
                iptables asks for its addresses once, when the rules are loaded: a name server that is down, or \
                lies, then decides about the firewall. Here no name is resolved.
                """,
            example: "-A INPUT -s db.example.net -j ACCEPT", instead: "-A INPUT -s 192.0.2.17/32 -j ACCEPT",
            exceptions: "None.", sources: ["iptables(8)"]),
        LintDescription(
            "FW013", "inverted-or-empty-range", .error,
            summary: "A range whose first end is greater than its last.",
            reason: """
                No port, address or length lies in it. iptables refuses some of these, and takes others, which then \
                never match, or, negated, always do.
                """,
            example: "-A INPUT -m iprange --src-range 192.0.2.99-192.0.2.10 -j DROP",
            instead: "-A INPUT -m iprange --src-range 192.0.2.10-192.0.2.99 -j DROP",
            exceptions: "None.",
            sources: ["extensions/libxt_iprange.c and libxtables/xtoptions.c of iptables 1.8.9"]),
        LintDescription(
            "FW015", "missing-set", .error,
            summary: "A rule names a set that the ipset file doesn't make.",
            reason: "iptables-restore refuses the whole file.",
            example: """
                ipset create blocked hash:net
                iptables -A INPUT -m set --match-set blokced src -j DROP
                """,
            instead: """
                ipset create blocked hash:net
                iptables -A INPUT -m set --match-set blocked src -j DROP
                """,
            exceptions:
                "Without --ipset, an ipset.save beside the rules or ipset commands, nothing is known of sets.",
            sources: ["ipset(8)", "iptables-extensions(8)"]),
    ]

    /// Whether a rule that iptables only warns of, or says nothing about, can't be meant.
    static func isAlwaysError(_ code: String) -> Bool { code == "FW013" }

    /// The description for a diagnostic's code; FW001 for one without.
    static func description(_ code: String) -> LintDescription {
        (all + [ImpossibleInterface.description]).first { $0.code == code } ?? all[0]
    }
}
