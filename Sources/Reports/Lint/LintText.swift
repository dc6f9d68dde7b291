import Diagnostics
public import Linter

/// Findings as compilers print diagnostics: one line each, the source, then causes and witness as notes.
public struct LintText: Sendable {
    private let renderer: DiagnosticRenderer

    public init(usesColor: Bool = false) { renderer = DiagnosticRenderer(usesColor: usesColor) }

    /// Ends with a line that counts them, or says that there are none.
    public func text(_ reports: [LintReport]) -> String {
        let diagnostics = reports.flatMap { report in report.findings.map { diagnostic($0, report) } }
        return diagnostics.isEmpty ? "no findings\n" : renderer.render(diagnostics)
    }

    private func diagnostic(_ finding: Finding, _ report: LintReport) -> Diagnostic {
        let severity: Diagnostic.Severity =
            switch finding.severity {
            case .error: .error
            case .warning: .warning
            case .info: .info
            }
        var notes = finding.related.map { Diagnostic.Note($0.message, at: $0.range) }
        if let proof = finding.proof { notes.append(.init("proof: \(proof)")) }
        if let witness = finding.witness {
            let conditions = witness.conditions.joined(separator: ", ")
            notes.append(
                .init("for example\(conditions.isEmpty ? "" : " (where \(conditions))"): \(witness.packet)"))
        }
        if let fix = finding.fix { notes.append(.init("\(fix.isSafe ? "fix" : "possible fix"): \(fix.title)")) }
        return Diagnostic(
            code: "\(finding.lint.code) \(finding.lint.name)", severity: severity,
            message: finding.message + (finding.confidence == .likely ? " (likely)" : ""), file: report.file,
            range: finding.range, notes: notes)
    }
}
