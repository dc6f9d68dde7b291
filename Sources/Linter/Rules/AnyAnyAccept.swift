import RuleModel

/// FW202.
enum AnyAnyAccept: Lint {
    static let description = LintDescription(
        "FW202", "any-any-accept", .error,
        summary: "A rule accepts all that INPUT or FORWARD has left, from anywhere to anywhere.",
        reason: """
            It turns the filter off, whatever the policy says. Mostly it is left over from a test.
            """,
        example: ":FORWARD DROP [0:0]\n-A FORWARD -j ACCEPT",
        instead: ":FORWARD DROP [0:0]\n-A FORWARD -i lan0 -o wan0 -m conntrack --ctstate NEW -j ACCEPT",
        exceptions: "A machine that only counts or marks packets, with its filter elsewhere.",
        sources: ["NIST SP 800-41 rev. 1, section 4"])

    static func findings(in file: LintContext) -> [Finding] {
        guard let (facts, solved) = file.filter else { return [] }
        return solved.anomalies.openAccepts.sorted().map { index in
            let chain = facts.chain(index)
            let calls = chain.hook == nil ? facts.calls.calls[index.chain] : []
            return Finding(
                description, "accepts every packet that comes here, from anywhere to anywhere",
                at: facts.rule(index).range, subject: facts.subject(index),
                related: calls.prefix(Finding.mostRelated).map {
                    facts.related("this leads to \(chain.name)", RuleIndex(chain: $0.caller, rule: $0.rule))
                },
                witness: solved.witness(solved.taking(index)))
        }
    }
}
