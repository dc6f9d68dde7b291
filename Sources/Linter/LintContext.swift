import Diagnostics
import RuleModel
import RuleSyntax

/// One rule file, and what lints ask about it.
public final class LintContext {
    let syntax: RuleFileSyntax
    let ruleSet: RuleSet
    /// Tables in the order of the file.
    let tables: [TableFacts]

    init(_ syntax: RuleFileSyntax, _ ruleSet: RuleSet) {
        self.syntax = syntax
        self.ruleSet = ruleSet
        tables = ruleSet.tables.map { TableFacts($0, syntax) }
    }
}
