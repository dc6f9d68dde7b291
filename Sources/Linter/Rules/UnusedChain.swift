import Diagnostics
import RuleModel

/// FW005.
enum UnusedChain: Lint {
    static let description = LintDescription(
        "FW005", "unused-chain", .warning, fix: .safe,
        summary: "No base chain leads to this user chain, so no packet ever enters it.",
        reason: """
            Its rules look as if they did something. Often the jump to it was lost, or its name is misspelt where \
            another chain was meant.
            """,
        example: """
            :OLD - [0:0]
            -A INPUT -i lo -j ACCEPT
            -A OLD -p tcp -m tcp --dport 3306 -j DROP
            """,
        instead: """
            :OLD - [0:0]
            -A INPUT -i lo -j ACCEPT
            -A INPUT -j OLD
            -A OLD -p tcp -m tcp --dport 3306 -j DROP
            """,
        exceptions: """
            Another program fills in the jump at run time, as fail2ban and Docker do with chains of their own.
            """,
        sources: ["iptables(8), -X: only a chain that nothing refers to can be deleted"])

    static func findings(in file: LintContext) -> [Finding] {
        file.tables.flatMap { facts in
            facts.table.chains.indices.compactMap { index -> Finding? in
                let chain = facts.table.chains[index]
                guard !facts.calls.isUsed(index), let declaration = chain.declaration else { return nil }
                return finding(chain, declaration, calls: facts.calls.calls[index], facts)
            }
        }
    }

    private static func finding(
        _ chain: Chain, _ declaration: SourceRange, calls: [ChainUse.Call], _ facts: TableFacts
    ) -> Finding {
        let rules =
            switch chain.rules.count {
            case 0: ""
            case 1: "; its rule never runs"
            default: "; its \(chain.rules.count) rules never run"
            }
        let related = calls.prefix(Finding.mostRelated).map { call in
            let caller = facts.table.chains[call.caller]
            return Finding.Related(
                "\(caller.name) jumps to it, but is unused, too", at: caller.rules[call.rule].range,
                subject: facts.subject(caller, call.rule))
        }
        return Finding(
            description, "nothing leads to the chain \(chain.name)\(rules)", at: declaration,
            subject: facts.subject(chain), related: related, proof: "no jump from a base chain reaches it",
            fix: calls.isEmpty ? removal(chain, declaration, facts) : nil)
    }

    /// A chain that an unused chain jumps to can go only after that.
    private static func removal(_ chain: Chain, _ declaration: SourceRange, _ facts: TableFacts) -> Finding.Fix? {
        guard let rules = facts.removal(of: chain.rules, isSafe: true) else { return nil }
        let line = facts.wholeLine(facts.line(of: declaration))
        return Finding.Fix(isSafe: true, "remove the chain", [Finding.Edit(line, "")] + rules.edits)
    }
}
