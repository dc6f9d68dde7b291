import Packets
import RuleModel
import RuleSyntax

/// FW009, in user chains; in base chains iptables refuses the rule, and the compiler reports it.
enum ImpossibleInterface: Lint {
    static let description = LintDescription(
        "FW009", "interface-impossible-in-chain", .error,
        summary: "-i or -o in a chain whose packets have no such interface.",
        reason: """
            A packet for this host goes out by no interface, and one that the host sends came in by none. In a base \
            chain iptables refuses the rule; in a user chain it takes it, and the rule never matches.
            """,
        example: "-A INPUT -o eth0 -j ACCEPT", instead: "-A OUTPUT -o eth0 -j ACCEPT",
        exceptions: "None.", sources: ["iptables(8), -i and -o"])

    static func findings(in file: LintContext) -> [Finding] {
        file.tables.flatMap { facts in
            facts.table.chains.indices.flatMap { chain in
                facts.table.chains[chain].rules.indices.compactMap { rule in
                    finding(facts, RuleIndex(chain: chain, rule: rule))
                }
            }
        }
    }

    /// Whether a rule can't match because of its interface.
    static func isUnmatchable(_ facts: TableFacts, _ index: RuleIndex) -> Bool {
        useless(facts, index).map { !$0.isNegated } ?? false
    }

    private static func finding(_ facts: TableFacts, _ index: RuleIndex) -> Finding? {
        guard let (option, isNegated) = useless(facts, index) else { return nil }
        let rule = facts.rule(index)
        let chain = facts.chain(index).name
        let hooks = Hook.allCases.filter(facts.calls.hooks[index.chain].contains).map(\.chainName)
        let direction = option == "-i" ? "came in" : "goes out"
        let word = facts.words(rule).first { spellings[option]?.contains($0.text) ?? false }
        return Finding(
            description,
            "\(option) in \(chain), to which only \(hooks.joined(separator: " and ")) leads: no packet there has an "
                + "interface by which it \(direction), so the test \(isNegated ? "always holds" : "never holds")",
            at: word?.range ?? rule.range, subject: facts.subject(index),
            severity: isNegated ? .warning : .error,
            related: facts.calls.calls[index.chain].prefix(Finding.mostRelated).map {
                facts.related("this leads to \(chain)", RuleIndex(chain: $0.caller, rule: $0.rule))
            },
            proof: "the kernel knows no such interface at \(hooks.joined(separator: " and "))")
    }

    private static let spellings: [String: Set<String>] = [
        "-i": ["-i", "--in-interface"], "-o": ["-o", "--out-interface"],
    ]

    /// The option that asks for an interface which no packet of a user chain has.
    private static func useless(
        _ facts: TableFacts, _ index: RuleIndex
    ) -> (option: String, isNegated: Bool)? {
        let hooks = facts.calls.hooks[index.chain]
        guard facts.chain(index).hook == nil, !hooks.isEmpty else { return nil }
        let header = facts.rule(index).header
        if let test = header.inInterface, hooks.isSubset(of: [.output, .postrouting]) {
            return ("-i", test.isNegated)
        }
        if let test = header.outInterface, hooks.isSubset(of: [.input, .prerouting]) {
            return ("-o", test.isNegated)
        }
        return nil
    }
}
