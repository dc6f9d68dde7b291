import Diagnostics
import RuleModel

/// A line with several addresses makes several rules; each lint reports the line once.
struct ExpansionMerger {
    private let file: SourceFile
    /// How many rules a line makes, by the line's number.
    private var ruleCounts: [Int: Int] = [:]

    init(_ ruleSet: RuleSet) {
        file = ruleSet.file
        for rule in ruleSet.tables.lazy.flatMap(\.chains).flatMap(\.rules) {
            ruleCounts[rule.line, default: 0] += 1
        }
    }

    /// - Returns: for each lint and line one finding, with the causes of all; a fix only if all rules of the line
    ///   have the fault, since it changes the line.
    func merge(_ findings: [Finding]) -> [Finding] {
        struct Key: Hashable {
            let code: String
            let line: Int
        }
        var merged: [Finding] = []
        var counts: [Int] = []
        var indexes: [Key: Int] = [:]
        for finding in findings {
            let key = Key(code: finding.lint.code, line: file.position(of: finding.range.lower).line)
            guard finding.subject?.number != nil, (ruleCounts[key.line] ?? 1) > 1 else {
                merged.append(finding)
                counts.append(0)
                continue
            }
            guard let index = indexes[key] else {
                indexes[key] = merged.count
                merged.append(finding)
                counts.append(1)
                continue
            }
            counts[index] += 1
            merged[index].severity = max(merged[index].severity, finding.severity)
            if finding.confidence == .likely { merged[index].confidence = .likely }
            for related in finding.related
            where merged[index].related.count < Finding.mostRelated && !merged[index].related.contains(related) {
                merged[index].related.append(related)
            }
        }
        for index in merged.indices where counts[index] > 0 {
            let all = ruleCounts[file.position(of: merged[index].range.lower).line] ?? 1
            guard counts[index] < all else { continue }
            merged[index].fix = nil
            merged[index].message += " (\(counts[index]) of the \(all) rules that this line makes)"
        }
        return merged
    }
}
