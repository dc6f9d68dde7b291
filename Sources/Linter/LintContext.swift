import Diagnostics
import RuleModel
import RuleSyntax
import Symbolic

/// One rule file, and what lints ask about it.
public final class LintContext {
    let syntax: RuleFileSyntax
    let ruleSet: RuleSet
    /// Tables in the order of the file.
    let tables: [TableFacts]

    /// - Parameter unsolved: tables that packet sets are too large for.
    init(_ syntax: RuleFileSyntax, _ ruleSet: RuleSet, unsolved: Set<TableKind> = []) {
        self.syntax = syntax
        self.ruleSet = ruleSet
        tables = ruleSet.tables.map {
            TableFacts($0, syntax, family: ruleSet.family, isSolved: !unsolved.contains($0.kind))
        }
    }

    /// Tables whose packet sets grew over their budget, be it by the questions of lints: answers about them are
    /// worthless.
    var tooComplex: Set<TableKind> {
        Set(tables.filter { $0.solved?.space.isTooComplex ?? true }.map(\.table.kind))
    }

    /// Asks about each rule that has something wrong with it among the others. Not about one that can't match because
    /// of its interface, which has a lint of its own.
    func anomalies(
        _ finding: (TableFacts, SolvedTable, RuleIndex, RuleAnomaly) -> Finding?
    ) -> [Finding] {
        solvedTables.flatMap { facts, solved in
            solved.facts.indexes.compactMap { index in
                guard let anomaly = solved.anomalies.found[index],
                    !ImpossibleInterface.isUnmatchable(facts, index)
                else { return nil }
                return finding(facts, solved, index, anomaly)
            }
        }
    }

    /// Asks about each rule that a packet can match, in the tables of some kinds.
    func liveRules(
        of kinds: Set<TableKind> = Set(TableKind.allCases),
        _ finding: (TableFacts, SolvedTable, RuleIndex) -> Finding?
    ) -> [Finding] {
        solvedTables.filter { kinds.contains($0.facts.table.kind) }.flatMap { facts, solved in
            solved.facts.indexes.compactMap { index in
                solved.facts.isLive[index.chain][index.rule] ? finding(facts, solved, index) : nil
            }
        }
    }

    /// The first rule of each line that makes any, with the line's words from its command on.
    var writtenRules: [(facts: TableFacts, index: RuleIndex, words: [Word])] {
        var seen: Set<Int> = []
        return tables.flatMap { facts in
            facts.table.chains.indices.flatMap { chain in
                facts.table.chains[chain].rules.indices.compactMap { number in
                    let rule = facts.table.chains[chain].rules[number]
                    guard seen.insert(rule.line).inserted else { return nil }
                    return (facts, RuleIndex(chain: chain, rule: number), facts.words(rule))
                }
            }
        }
    }

    var solvedTables: [(facts: TableFacts, solved: SolvedTable)] {
        tables.compactMap { facts in facts.solved.map { (facts, $0) } }
    }

    /// The filter table, if it is there and was solved.
    var filter: (facts: TableFacts, solved: SolvedTable)? {
        solvedTables.first { $0.facts.table.kind == .filter }
    }
}
