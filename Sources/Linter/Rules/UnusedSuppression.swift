import Diagnostics

/// FW900. What `SuppressionFilter` left over; `RuleLinter` asks for it at the end.
enum UnusedSuppression: Lint {
    static let description = LintDescription(
        "FW900", "unused-suppression", .warning, fix: .safe,
        summary: "A comment silences a lint that has nothing to say there, or that doesn't exist.",
        reason: """
            The fault that it excused is gone, or was never found because the code is misspelt. Left in place, the \
            comment hides the next fault of that kind, and readers believe that there is one.
            """,
        example: """
            # gatehouse: ignore=FW101 the old server still needs it
            -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
            """,
        instead: "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
        exceptions: """
            None: a comment that silences something isn't reported, nor one for a lint that wasn't run.
            """)

    static func findings(in file: LintContext) -> [Finding] { [] }

    /// - Parameter selection: a comment for a lint that wasn't run may be needed.
    static func findings(
        _ suppressions: [Suppression], _ selection: LintSelection, _ catalogue: LintCatalogue
    ) -> [Finding] {
        suppressions.flatMap { suppression -> [Finding] in
            if let complaint = suppression.complaint {
                return [Finding(description, complaint, at: suppression.range, fix: removal(suppression))]
            }
            return suppression.entries.indices.compactMap { index -> Finding? in
                let entry = suppression.entries[index]
                if let complaint = LintSelection.complaint(about: entry.code, catalogue) {
                    return Finding(description, complaint, at: entry.range)
                }
                let meant = catalogue.descriptions.map(\.code).filter { $0.hasPrefix(entry.code) }
                guard !entry.isUsed, meant.allSatisfy(selection.includes) else { return nil }
                return Finding(
                    description, "\(entry.code) is silenced here, and finds nothing", at: entry.range,
                    fix: removal(suppression, of: index))
            }
        }
    }

    /// - Parameter index: of the entry to take out; nil for the whole comment.
    private static func removal(_ suppression: Suppression, of index: Int? = nil) -> Finding.Fix? {
        guard let line = suppression.commentLine else { return nil }
        let entries = suppression.entries
        guard let index, entries.contains(where: \.isUsed) else {
            return Finding.Fix(isSafe: true, "remove the comment", [Finding.Edit(line, "")])
        }
        let range =
            index == 0
            ? SourceRange(entries[0].range.lower, entries[1].range.lower)
            : SourceRange(entries[index - 1].range.upper, entries[index].range.upper)
        return Finding.Fix(
            isSafe: true, "remove \(entries[index].code) from the comment", [Finding.Edit(range, "")])
    }
}
