import RuleSyntax
import Diagnostics
import Packets
import RuleModel
import Symbolic

/// FW204.
enum EstablishedRule: Lint {
    static let description = LintDescription(
        "FW204", "established-rule-missing-or-late", .warning, fix: .unsafe,
        summary: """
            A chain accepts NEW connections but none of their later packets, or accepts those only behind more than \
            five other rules.
            """,
        reason: """
            Without the rule, connections die after their first packet. Where it stands late, every packet of every \
            connection walks past all rules above it, and a rule up there may cut a running connection off.
            """,
        example: """
            :INPUT DROP [0:0]
            -A INPUT -p tcp -m tcp --dport 22 --syn -m conntrack --ctstate NEW -j ACCEPT
            """,
        instead: """
            :INPUT DROP [0:0]
            -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            -A INPUT -p tcp -m tcp --dport 22 --syn -m conntrack --ctstate NEW -j ACCEPT
            """,
        exceptions: "Rules without connection tracking aren't judged.",
        sources: ["iptables-extensions(8), conntrack"])

    /// Rules that may stand before it: for loopback, INVALID, and what must not be tracked.
    private static let mostBefore = 5

    static func findings(in file: LintContext) -> [Finding] {
        guard let (facts, solved) = file.filter else { return [] }
        return [Hook.input, .forward, .output].compactMap { hook in
            guard let (chain, index, declaration) = facts.declaredBase(hook), !chain.rules.isEmpty else { return nil }
            if let place = established(chain, index, hook, solved) { return late(place, facts) }
            return missing(chain, index, declaration, hook, facts, solved)
        }
    }

    /// The first rule that accepts all packets of connections and no NEW ones.
    private static func established(_ chain: Chain, _ index: Int, _ hook: Hook, _ solved: SolvedTable) -> RuleIndex? {
        let space = solved.space
        let established = space.intersection(solved.state(.established), space.packets(at: hook))
        let new = solved.state(.new)
        for (rule, text) in chain.rules.enumerated() where text.target.action == .accept {
            guard text.condition.readsConnectionState else { continue }
            let matching = solved.facts.rules[index][rule].matching
            if space.isSubset(established, of: matching, among: established),
                !space.meet(matching, new, space.everything)
            {
                return RuleIndex(chain: index, rule: rule)
            }
        }
        return nil
    }

    private static func late(_ place: RuleIndex, _ facts: TableFacts) -> Finding? {
        guard place.rule > mostBefore else { return nil }
        let rule = facts.rule(place)
        let first = facts.chain(place).rules[0]
        let text = facts.syntax.file.text(facts.wholeLine(rule.line))
        let start = facts.wholeLine(first.line).lower
        let move = facts.removal(of: [rule], isSafe: false).map { removal in
            Finding.Fix(
                isSafe: false, "move it to the top of \(facts.chain(place).name)",
                [Finding.Edit(SourceRange(start, start), text)] + removal.edits)
        }
        return Finding(
            description, "late: packets of known connections are tested by \(place.rule) rules before this one",
            at: rule.range, subject: facts.subject(place), fix: move)
    }

    private static func missing(
        _ chain: Chain, _ index: Int, _ declaration: SourceRange, _ hook: Hook, _ facts: TableFacts,
        _ solved: SolvedTable
    ) -> Finding? {
        let space = solved.space
        let loopback = space.union(solved.fromLoopback, space.set(.interface(.output, RuleFacts.loopback)))
        let established = space.subtracting(loopback, from: solved.state(.established))
        let accepted = solved.sets.fate(of: chain.name).accepted
        guard space.isDisjoint(accepted, established), !space.isDisjoint(accepted, solved.state(.new)) else {
            return nil
        }
        let accepts = solved.sets.decisions(of: chain.name).filter { $0.verdict == .accept }
        let new = accepts.compactMap { decision -> RuleIndex? in
            guard let number = decision.place.number, let chain = facts.calls.indexes[decision.place.chain] else {
                return nil
            }
            let place = RuleIndex(chain: chain, rule: number - 1)
            return facts.rule(place).condition.readsConnectionState
                && !space.isDisjoint(decision.packets, solved.state(.new)) ? place : nil
        }
        guard !new.isEmpty else { return nil }
        let refused = space.intersection(space.intersection(established, solved.tcp), space.packets(at: hook))
        return Finding(
            description, "\(chain.name) accepts NEW connections, and none of their later packets", at: declaration,
            subject: facts.subject(chain),
            related: new.prefix(Finding.mostRelated).map { facts.related("this accepts NEW ones", $0) },
            witness: solved.witness(refused),
            proof: "the chain accepts no ESTABLISHED packet (but on loopback)", fix: insertion(chain, facts))
    }

    private static func insertion(_ chain: Chain, _ facts: TableFacts) -> Finding.Fix {
        let start = facts.wholeLine(chain.rules[0].line).lower
        let rule = "-A \(chain.name) -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
        return Finding.Fix(
            isSafe: false, "accept them at the top of \(chain.name)",
            [Finding.Edit(SourceRange(start, start), rule)])
    }
}
