import Diagnostics

/// Takes out what comments silence, and notes which comments did.
struct SuppressionFilter {
    private(set) var suppressions: [Suppression]
    /// Indices in `suppressions` by the line they are about.
    private let byLine: [Int: [Int]]

    init(_ suppressions: [Suppression]) {
        self.suppressions = suppressions
        var byLine: [Int: [Int]] = [:]
        for (index, suppression) in suppressions.enumerated() {
            guard let line = suppression.line, suppression.complaint == nil else { continue }
            byLine[line, default: []].append(index)
        }
        self.byLine = byLine
    }

    /// Whether a finding stays. All comments that are about it count as used.
    mutating func keeps(_ finding: Finding, in file: SourceFile) -> Bool {
        guard !byLine.isEmpty else { return true }
        var keeps = true
        for index in byLine[file.position(of: finding.range.lower).line] ?? [] {
            for entry in suppressions[index].entries.indices
            where finding.lint.code.hasPrefix(suppressions[index].entries[entry].code) {
                suppressions[index].entries[entry].isUsed = true
                keeps = false
            }
        }
        return keeps
    }
}
