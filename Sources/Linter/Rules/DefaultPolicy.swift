import RuleSyntax
import Symbolic
import Packets
import RuleModel

/// FW201.
enum DefaultPolicy: Lint {
    static let description = LintDescription(
        "FW201", "default-policy-accept", .error, fix: .unsafe,
        summary: "INPUT (error) or FORWARD (warning) of the filter table accepts what no rule is about.",
        reason: """
            Such a list names what is bad, and nobody knows all that is bad. A service that is started tomorrow, or \
            a protocol that nobody thought of, is open to everyone.
            """,
        example: ":INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 23 -j DROP",
        instead: ":INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
        exceptions: """
            A rule that drops or rejects all the rest ends the chain: then there is no finding. OUTPUT isn't judged: \
            most hosts let their own programs out.
            """,
        sources: ["NIST SP 800-41 rev. 1, section 4: deny by default"])

    /// Whether the policy as such is one of the kind, whatever the rules above do.
    static func isFault(_ chain: Chain, in table: Table) -> Bool {
        table.kind == .filter && chain.policy == .accept && chain.declaration != nil
            && (chain.hook == .input || chain.hook == .forward)
    }

    static func findings(in file: LintContext) -> [Finding] {
        guard let (facts, solved) = file.filter else { return [] }
        return [Hook.input, .forward].compactMap { hook in
            guard let (chain, _, declaration) = facts.declaredBase(hook), isFault(chain, in: facts.table) else {
                return nil
            }
            var open = solved.sets.leftToPolicy(of: chain.name)
            if solved.space.isEmpty(open) {
                // Nothing comes so far: because a rule drops the rest, or because one accepts it, too?
                for index in solved.anomalies.openAccepts.sorted() {
                    let taken = solved.space.intersection(solved.taking(index), solved.space.packets(at: hook))
                    open = solved.space.union(open, taken)
                }
            }
            if solved.space.isEmpty(open) { return nil }
            let confidence = solved.confidence(open)
            let word = facts.policyWord(chain)
            return Finding(
                description, "\(chain.name) accepts what no rule refuses", at: word?.range ?? declaration,
                subject: facts.subject(chain), severity: confidence.limit(hook == .input ? .error : .warning),
                confidence: confidence, witness: solved.witness(open),
                fix: word.map {
                    Finding.Fix(isSafe: false, "set the policy DROP", [Finding.Edit($0.range, "DROP")])
                })
        }
    }
}
