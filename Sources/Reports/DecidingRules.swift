import Diagnostics
import Packets
import Queries
import RuleModel
import Symbolic

/// Header sets, one a line.
enum SetLines {
    static func text(_ sets: HeaderSets) -> [String] {
        sets.sets.map(\.text) + (sets.isComplete ? [] : ["and more"])
    }

    static func appendEvidence(_ needs: [String], to json: inout [UInt8]) {
        json.append(",\"evidence\":")
        json.append(jsonString: needs.isEmpty ? "exact" : "approx")
        guard !needs.isEmpty else { return }
        json.append(",\"needs\":[")
        for (index, need) in needs.enumerated() {
            if index > 0 { json.append(",") }
            json.append(jsonString: need)
        }
        json.append("]")
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

    /// In a text, more rules than this are counted.
    private static let most = 12

    init(_ ruleSet: RuleSet?) { self.ruleSet = ruleSet }

    /// One a line, the first behind a heading.
    func lines(_ heading: String, _ rules: [DecidingRule]) -> [String] {
        let indent = String(repeating: " ", count: heading.count)
        var lines = rules.prefix(RuleNames.most).enumerated().map { index, rule in
            (index == 0 ? heading : indent) + text(rule)
        }
        if rules.count > RuleNames.most { lines.append("\(indent)and \(rules.count - RuleNames.most) more") }
        return lines
    }

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

    static func append(_ rules: [DecidingRule], to json: inout [UInt8]) {
        for (index, rule) in rules.enumerated() {
            if index > 0 { json.append(",") }
            append(rule, to: &json)
        }
    }

    private static func append(_ rule: DecidingRule, to json: inout [UInt8]) {
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
