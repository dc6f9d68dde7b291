public import Engine
public import Packets
import RuleModel

/// The compiled rules of both families: what a report needs to name a rule.
public struct RuleBook: Sendable {
    public let ipv4: CompiledRules?
    public let ipv6: CompiledRules?

    public init(ipv4: CompiledRules?, ipv6: CompiledRules?) {
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }

    public func rules(_ family: AddressFamily) -> CompiledRules? { family == .ipv4 ? ipv4 : ipv6 }

    /// - Precondition: the id was given out by the family's rules.
    func location(of rule: RuleID, _ family: AddressFamily) -> RuleLocation {
        guard let rules = rules(family) else { preconditionFailure("a rule of a family without rules") }
        return rules.location(of: rule)
    }

    /// What a rule does, in the word behind `-j` (or a chain's name); at the end of a chain, its policy or RETURN.
    func action(of rule: RuleID, _ family: AddressFamily) -> String {
        guard let rules = rules(family) else { preconditionFailure("a rule of a family without rules") }
        guard let rule = rules.rule(rule) else {
            let place = rules.location(of: rule)
            let chain = rules.ruleSet.table(place.table)?.chain(place.chain)
            return chain?.policy?.rawValue ?? "RETURN"
        }
        switch rule.target {
        case .none: return ""
        case .jump(let chain), .goto(let chain): return chain
        case .action(let target): return type(of: target).schema.name
        }
    }
}

extension RuleLocation {
    /// `filter:INPUT:3`, or `filter:INPUT policy`.
    var words: String {
        if let number { return "\(table.rawValue):\(chain):\(number)" }
        return hook == nil ? "\(table.rawValue):\(chain) end" : "\(table.rawValue):\(chain) policy"
    }
}

extension [UInt8] {
    /// The members of a JSON object that says where a rule stands.
    mutating func append(place: RuleLocation) {
        append("\"table\":\"")
        append(text: place.table.rawValue)
        append("\",\"chain\":")
        append(jsonString: place.chain)
        if let number = place.number {
            append(",\"number\":")
            append(number: number)
        } else if place.hook != nil {
            append(",\"policy\":true")
        }
        if let line = place.line {
            append(",\"line\":")
            append(number: line)
        }
    }
}
