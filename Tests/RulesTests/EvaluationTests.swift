import Extensions
import Foundation
import Packets
import RuleModel
import TestSupport
import Testing

/// What `Documentation/Matches.md` says of matches and targets, against the code and the tables of fixtures.
struct EvaluationTests {
    /// The rules of a fixture table that are taken.
    private func rules(_ name: String) throws -> [Rule] {
        try TableFile(Fixtures.root.appending(path: "\(name).table")).cases.compactMap { test in
            guard test.saved != nil else { return nil }
            let isBase = test.chain.uppercased() == test.chain
            let text =
                "*\(test.table)\n\(isBase ? "" : ":\(test.chain) - [0:0]\n")"
                + (test.before + [test.rule]).map { "-A \(test.chain) \($0)\n" }.joined() + "COMMIT\n"
            let ruleSet = RuleText.build(text, family: test.family).ruleSet
            return ruleSet?.tables.first?.chain(test.chain)?.rules.last
        }
    }

    @Test func matchesNeedTheFactsThatTheySay() throws {
        for match in Catalogue.standard.matches {
            let schema = match.schema
            let asked = Set(
                try rules("Matches/\(schema.name)").flatMap { rule in
                    rule.matches.filter { type(of: $0).schema.name == schema.name }.flatMap(\.condition.facts)
                }.map(\.fact))
            switch schema.evaluation {
            case .exact: #expect(asked == [], "\(schema.name)")
            // Which options ask, a table may not show: those of bpf need a file on the kernel's side.
            case .needs(let fact):
                #expect(asked.allSatisfy { $0 == fact || $0.hasPrefix(fact + ":") }, "\(schema.name)")
            case .compiledOnly: Issue.record("\(schema.name): a match is always asked")
            }
        }
    }

    @Test func targetsWithoutATraceSayIt() throws {
        for target in Catalogue.standard.targets {
            let schema = target.schema
            let isAside = try rules("Targets/\(schema.name)").compactMap(\.target.action).map { action in
                switch action {
                case .aside, .connection(.aside): true
                default: false
                }
            }
            switch schema.evaluation {
            case .exact: #expect(!isAside.contains(true), "\(schema.name)")
            case .compiledOnly: #expect(!isAside.contains(false), "\(schema.name)")
            case .needs: break
            }
        }
    }

    /// `GATEHOUSE_RECORD=1` writes it.
    @Test func theDocumentationSaysWhatTheCodeSays() throws {
        let file = Fixtures.root.deletingLastPathComponent().appending(path: "Documentation/Matches.md")
        let text = EvaluationTests.page
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] != nil {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    private static var page: String {
        """
        # Matches and targets

        Every match and target of iptables 1.8.9 that rules may use, and how far a replay shows what it makes of packets.

        - *exact*: each packet meets with what the kernel would do.
        - *needs …*: some options or packets need a fact that no capture tells. `--unknown` says what such a rule is taken
          for, and results name the fact.
        - *compiled only*: read, checked and printed, and its rules count; what else it does, no packet shows.

        ## Matches

        \(table("match", Catalogue.standard.matches.map { $0.schema }))

        ## Targets

        \(table("target", Catalogue.standard.targets.map { $0.schema }))

        """
    }

    private static func table(_ kind: String, _ schemas: [ExtensionSchema]) -> String {
        let rows = schemas.sorted { $0.name < $1.name }.map { schema in
            let families = schema.families.map { $0 == .ipv4 ? "IPv4" : "IPv6" }.sorted()
            let tables = TableKind.allCases.filter { schema.tables?.contains($0) ?? false }.map(\.rawValue)
            let evaluation =
                switch schema.evaluation {
                case .exact: "exact"
                case .needs(let fact): "needs `\(fact)`"
                case .compiledOnly: "compiled only"
                }
            return "| `\(schema.name)` | \(families.joined(separator: ", ")) "
                + "| \(tables.isEmpty ? "all" : tables.joined(separator: ", ")) | \(evaluation) |"
        }
        return (["| \(kind) | families | tables | evaluated |", "|---|---|---|---|"] + rows).joined(
            separator: "\n")
    }
}
