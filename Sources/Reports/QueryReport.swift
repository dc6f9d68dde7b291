import Diagnostics
import Packets
public import Queries
public import RuleModel
import Symbolic

/// The answers to a question about rules, as text and as JSON.
public struct QueryReport {
    private let answers: [QueryAnswer]
    private let ruleSets: [RuleSet]

    /// In a text, more rules than this are counted.
    private static let mostRules = 12

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
        let names = RuleNames(ruleSets.first { $0.family == answer.family })
        var lines = answer.deciding.prefix(QueryReport.mostRules).enumerated().map { index, rule in
            (index == 0 ? "  decided by " : "             ") + names.text(rule)
        }
        let rest = answer.deciding.count - QueryReport.mostRules
        if rest > 0 { lines.append("             and \(rest) more") }
        return lines
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
        for (index, rule) in answers.flatMap(\.deciding).enumerated() {
            if index > 0 { json.append(",") }
            RuleNames.append(rule, to: &json)
        }
        let needs = answers.flatMap(\.needs)
        json.append("],\"evidence\":")
        json.append(jsonString: needs.isEmpty ? "exact" : "approx")
        if !needs.isEmpty {
            json.append(",\"needs\":[")
            for (index, need) in needs.enumerated() {
                if index > 0 { json.append(",") }
                json.append(jsonString: need)
            }
            json.append("]")
        }
    }
}

/// Header sets, one a line.
enum SetLines {
    static func text(_ sets: HeaderSets) -> [String] {
        sets.sets.map(\.text) + (sets.isComplete ? [] : ["and more"])
    }

    static func append(_ sets: [HeaderSet], to json: inout [UInt8]) {
        for (index, set) in sets.enumerated() {
            json.append(index > 0 ? ",{" : "{")
            for term in set.terms {
                json.append(jsonString: term.field)
                json.append(":")
                json.append(jsonString: term.values)
                json.append(",")
            }
            json.append("\"text\":")
            json.append(jsonString: set.text)
            json.append("}")
        }
    }
}

/// Rules and policies by their places.
struct RuleNames {
    private let ruleSet: RuleSet?

    init(_ ruleSet: RuleSet?) { self.ruleSet = ruleSet }

    /// `filter:INPUT:3 ACCEPT (rules.v4:17)`.
    func text(_ rule: DecidingRule) -> String {
        var text = "\(rule.table.rawValue):\(rule.chain)"
        text += rule.number.map { ":\($0)" } ?? " policy"
        text += " \(RuleNames.word(rule.verdict))"
        if rule.verdict == .hotdrop { text += " on the spot (a header that can't be read)" }
        if let line = rule.line, let ruleSet { text += " (\(ruleSet.file.name):\(line))" }
        return text
    }

    static func word(_ verdict: Decision.Verdict) -> String {
        switch verdict {
        case .accept: "ACCEPT"
        case .drop, .hotdrop: "DROP"
        case .reject: "REJECT"
        }
    }

    static func append(_ rule: DecidingRule, to json: inout [UInt8]) {
        json.append("{\"table\":")
        json.append(jsonString: rule.table.rawValue)
        json.append(",\"chain\":")
        json.append(jsonString: rule.chain)
        if let number = rule.number {
            json.append(",\"number\":")
            json.append(number: number)
        } else {
            json.append(",\"policy\":true")
        }
        if let line = rule.line {
            json.append(",\"line\":")
            json.append(number: line)
        }
        json.append(",\"verdict\":")
        json.append(jsonString: word(rule.verdict))
        json.append("}")
    }
}
