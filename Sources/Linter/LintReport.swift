public import Diagnostics
public import RuleModel

/// The findings in one rule file.
public struct LintReport: Sendable {
    public let file: SourceFile
    /// By their places in the file.
    public let findings: [Finding]
    /// Tables that have errors: only the errors themselves are among the findings.
    public let skippedTables: [TableKind]
    /// Tables whose packet sets grow too large: lints that need them were left out.
    public let tooComplexTables: [TableKind]
    /// Whether the file has errors of the rule language itself.
    public let hasErrors: Bool
}
