public import Diagnostics
public import RuleModel
import RuleSyntax

/// Runs lints over rule files.
public struct RuleLinter: Sendable {
    private let catalogue: LintCatalogue
    private let selection: LintSelection

    /// - Parameter selection: errors of the rule language are always reported.
    public init(_ catalogue: LintCatalogue = .standard, selection: LintSelection = LintSelection()) {
        self.catalogue = catalogue
        self.selection = selection
    }

    public func lint(_ file: SourceFile, _ builder: RuleSetBuilder) -> LintReport {
        var collector = DiagnosticCollector(file: file)
        let syntax = RuleFileParser(file).parse(&collector)
        let built = builder.buildSoundTables(syntax, collector)
        var findings = built.diagnostics.filter { $0.severity == .warning }.map(finding)
            .filter { selection.includes($0.lint.code) }

        let skipped = skippedTables(syntax, built.ruleSet)
        let lints = catalogue.lints.filter { selection.includes($0.description.code) }
        func run(_ context: LintContext) -> [Finding] { lints.flatMap { $0.findings(in: context) } }
        let context = LintContext(syntax, built.ruleSet)
        let found = run(context)
        let tooComplex = context.tooComplex
        findings += tooComplex.isEmpty ? found : run(LintContext(syntax, built.ruleSet, unsolved: tooComplex))
        findings = ExpansionMerger(built.ruleSet).merge(findings)

        var filter = SuppressionFilter(Suppression.all(in: syntax))
        findings = findings.filter { filter.keeps($0, in: file) }
        // In tables that weren't looked at, every suppression seems unused.
        if skipped.isEmpty, tooComplex.isEmpty, selection.includes(UnusedSuppression.description.code) {
            findings += UnusedSuppression.findings(filter.suppressions, selection, catalogue)
        }
        findings += built.diagnostics.filter { $0.severity == .error }.map(finding)
        return LintReport(
            file: file, findings: sorted(findings), skippedTables: skipped,
            tooComplexTables: TableKind.allCases.filter(tooComplex.contains), hasErrors: built.errorCount > 0)
    }

    private func finding(_ diagnostic: Diagnostic) -> Finding {
        var message = diagnostic.message
        if let suggestion = diagnostic.suggestion { message += "; did you mean \(suggestion)?" }
        return Finding(
            CompileFaults.description(diagnostic.code), message, at: diagnostic.range,
            severity: diagnostic.severity == .error || CompileFaults.isAlwaysError(diagnostic.code)
                ? .error : .warning,
            related: diagnostic.notes.map { Finding.Related($0.message, at: $0.range ?? diagnostic.range) })
    }

    private func skippedTables(_ syntax: RuleFileSyntax, _ ruleSet: RuleSet) -> [TableKind] {
        var named: [TableKind] = []
        for line in syntax.lines {
            guard case .table(let word) = line.kind, let kind = TableKind(rawValue: word.text) else {
                continue
            }
            if !named.contains(kind) { named.append(kind) }
        }
        return named.filter { ruleSet.table($0) == nil }
    }

    private func sorted(_ findings: [Finding]) -> [Finding] {
        findings.enumerated().sorted { a, b in
            let (first, second) = (a.element, b.element)
            if first.range.lower != second.range.lower { return first.range.lower < second.range.lower }
            if first.lint.code != second.lint.code { return first.lint.code < second.lint.code }
            return a.offset < b.offset
        }.map(\.element)
    }
}
