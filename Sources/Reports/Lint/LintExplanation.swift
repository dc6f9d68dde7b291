public import Linter

/// A lint's manual page, and the list of all lints.
public enum LintExplanation {
    public static func text(_ lint: LintDescription) -> String {
        var text = "\(lint.code) \(lint.name) (\(lint.severity.rawValue))\n\n\(lint.summary)\n"
        append("Why it is bad", lint.reason, to: &text)
        append("Example", indented(lint.example), to: &text)
        append("Use instead", indented(lint.instead), to: &text)
        append("When to ignore it", lint.exceptions, to: &text)
        let fix =
            switch lint.fix {
            case .none: "none"
            case .safe: "safe: proved not to change the treatment of any packet"
            case .unsafe: "unsafe: a person has to decide"
            }
        append("Fix", fix, to: &text)
        if !lint.sources.isEmpty { append("Sources", lint.sources.joined(separator: "\n"), to: &text) }
        return text
    }

    private static func append(_ title: String, _ body: String, to text: inout String) {
        text += "\n\(title):\n\(body)\n"
    }

    private static func indented(_ lines: String) -> String {
        lines.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }.joined(separator: "\n")
    }

    /// A line each: code, name, severity, fix, summary.
    public static func list(_ catalogue: LintCatalogue = .standard) -> String {
        var table = TextTable([.left, .left, .left, .left, .left])
        for lint in catalogue.descriptions {
            table.add([
                lint.code, lint.name, lint.severity.rawValue, lint.fix == .none ? "-" : lint.fix.rawValue,
                lint.summary,
            ])
        }
        return table.lines(indent: 0).map { $0 + "\n" }.joined()
    }
}
