import Diagnostics
import Packets
public import Queries
public import RuleModel
import Symbolic

/// The answers to a question about rules, as text and as JSON.
public struct QueryReport {
    private let answers: [QueryAnswer]
    private let ruleSets: [RuleSet]

    /// - Parameters:
    ///   - answers: of all families and paths.
    ///   - ruleSets: the rules that were asked, one of a family.
    public init(_ answers: [QueryAnswer], _ ruleSets: [RuleSet]) {
        self.answers = answers
        self.ruleSets = ruleSets
    }

    public var isSatisfiable: Bool { answers.contains { $0.witness != nil } }

    public func text() -> String {
        var lines: [String] = []
        for answer in answers where answer.witness != nil {
            if !lines.isEmpty { lines.append("") }
            lines.append(title(answer))
            lines += SetLines.text(answer.sets).map { "  \($0)" }
            if let witness = answer.witness { lines.append("  such as: \(witness.text)") }
            if !answer.needs.isEmpty { lines.append("  depends on: \(answer.needs.joined(separator: ", "))") }
            lines += deciding(answer)
        }
        if lines.isEmpty { lines = ["none: no packet meets it"] }
        return lines.map(SafeText.line).joined(separator: "\n") + "\n"
    }

    private func title(_ answer: QueryAnswer) -> String {
        let isAlone = Set(answers.map(\.family)).count == 1
        return answer.path.chainName + (isAlone ? "" : answer.family == .ipv4 ? ", IPv4" : ", IPv6")
    }

    private func deciding(_ answer: QueryAnswer) -> [String] {
        RuleNames(ruleSets.first { $0.family == answer.family }).lines("  decided by ", answer.deciding)
    }

    /// One object; `paths` has it parted by family and path.
    public func json() -> [UInt8] {
        var json: [UInt8] = []
        json.append("{\"satisfiable\":")
        json.append(text: isSatisfiable ? "true" : "false")
        append(answers, to: &json)
        json.append(",\"paths\":[")
        for (index, answer) in answers.enumerated() {
            if index > 0 { json.append(",") }
            json.append("{\"family\":")
            json.append(jsonString: answer.family == .ipv4 ? "ipv4" : "ipv6")
            json.append(",\"path\":")
            json.append(jsonString: answer.path.chainName)
            json.append(",\"satisfiable\":")
            json.append(text: answer.witness == nil ? "false" : "true")
            append([answer], to: &json)
            json.append("}")
        }
        json.append("]}\n")
        return json
    }

    private func append(_ answers: [QueryAnswer], to json: inout [UInt8]) {
        json.append(",\"sets\":[")
        SetLines.append(answers.flatMap(\.sets.sets), to: &json)
        json.append("],\"complete\":")
        json.append(text: answers.allSatisfy(\.sets.isComplete) ? "true" : "false")
        json.append(",\"witness\":")
        if let witness = answers.lazy.compactMap(\.witness).first {
            json.append(jsonString: witness.text)
        } else {
            json.append("null")
        }
        json.append(",\"deciding\":[")
        RuleNames.append(answers.flatMap(\.deciding), to: &json)
        json.append("]")
        SetLines.appendEvidence(answers.flatMap(\.needs), to: &json)
    }
}
