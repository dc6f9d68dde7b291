import Diagnostics
import Packets
public import Queries
public import RuleModel
import Symbolic

/// What two rule sets treat differently, over all packets and in captures, as text and as JSON.
public struct DifferenceReport {
    private let differences: [Difference]
    private let old: [RuleSet]
    private let new: [RuleSet]
    /// Nil without captures.
    private let changes: PacketChanges?

    /// - Parameters:
    ///   - differences: of all families.
    ///   - old: the rules of each family; likewise `new`.
    public init(
        _ differences: [Difference], old: [RuleSet], new: [RuleSet], changes: PacketChanges?
    ) {
        self.differences = differences
        self.old = old
        self.new = new
        self.changes = changes
    }

    public var isEqual: Bool { differences.isEmpty && (changes?.count ?? 0) == 0 }

    public func text() -> String {
        var lines: [String] = []
        for difference in differences {
            if !lines.isEmpty { lines.append("") }
            lines += text(difference)
        }
        if lines.isEmpty { lines = ["equal: both treat every packet alike"] }
        if let changes { lines += [""] + changes.text() }
        return lines.map(SafeText.line).joined(separator: "\n") + "\n"
    }

    private func text(_ difference: Difference) -> [String] {
        let isAlone = Set((old + new).map(\.family)).count == 1
        let family = isAlone ? "" : difference.family == .ipv4 ? ", IPv4" : ", IPv6"
        let (before, after) = (difference.old.participle, difference.new.participle)
        var lines = ["\(difference.path.chainName)\(family): newly \(after), was \(before)"]
        lines += SetLines.text(difference.sets).map { "  \($0)" }
        lines.append("  such as: \(difference.witness.text)")
        if !difference.needs.isEmpty { lines.append("  depends on: \(difference.needs.joined(separator: ", "))") }
        lines += names(old, difference).lines("  old: ", difference.oldRules)
        lines += names(new, difference).lines("  new: ", difference.newRules)
        return lines
    }

    private func names(_ rules: [RuleSet], _ difference: Difference) -> RuleNames {
        RuleNames(rules.first { $0.family == difference.family })
    }

    /// One object.
    public func json() -> [UInt8] {
        var json: [UInt8] = []
        json.append("{\"equal\":")
        json.append(text: isEqual ? "true" : "false")
        json.append(",\"differences\":[")
        for (index, difference) in differences.enumerated() {
            if index > 0 { json.append(",") }
            append(difference, to: &json)
        }
        json.append("]")
        if let changes {
            json.append(",\"captures\":")
            changes.append(to: &json)
        }
        json.append("}\n")
        return json
    }

    private func append(_ difference: Difference, to json: inout [UInt8]) {
        json.append("{\"family\":")
        json.append(jsonString: difference.family == .ipv4 ? "ipv4" : "ipv6")
        json.append(",\"path\":")
        json.append(jsonString: difference.path.chainName)
        json.append(",\"old\":")
        json.append(jsonString: difference.old.rawValue)
        json.append(",\"new\":")
        json.append(jsonString: difference.new.rawValue)
        json.append(",\"sets\":[")
        SetLines.append(difference.sets.sets, to: &json)
        json.append("],\"complete\":")
        json.append(text: difference.sets.isComplete ? "true" : "false")
        json.append(",\"witness\":")
        json.append(jsonString: difference.witness.text)
        json.append(",\"old_rules\":[")
        RuleNames.append(difference.oldRules, to: &json)
        json.append("],\"new_rules\":[")
        RuleNames.append(difference.newRules, to: &json)
        json.append("]")
        SetLines.appendEvidence(difference.needs, to: &json)
        json.append("}")
    }
}

extension QueryVerdict {
    fileprivate var participle: String {
        switch self {
        case .accept: "accepted"
        case .drop: "dropped"
        case .reject: "rejected"
        }
    }
}
