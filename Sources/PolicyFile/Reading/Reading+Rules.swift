import Diagnostics
import Gateway

extension GatewayPolicyReader {
    private static let longestName = 200
    private static let longestBody = 65_536

    mutating func rules(_ node: YAMLNode) -> [PolicyRule] {
        var rules: [PolicyRule] = []
        var names: [String: SourceRange] = [:]
        for item in list(node) {
            guard !collector.isFull, let (rule, place) = rule(item) else { continue }
            if let first = names[rule.name] {
                collector.error(
                    "a second rule '\(rule.name)'", at: place,
                    notes: [Diagnostic.Note("the first is here", at: first)])
            } else {
                names[rule.name] = place
            }
            rules.append(rule)
        }
        return rules
    }

    /// The rule and where its name stands.
    private mutating func rule(_ node: YAMLNode) -> (PolicyRule, SourceRange)? {
        guard let entries = entries(of: node, PolicyKeys.Rule.self, "a rule") else { return nil }
        var values: [PolicyKeys.Rule: YAMLNode] = [:]
        for (key, value) in entries { values[key] = value }
        var tests: [FieldTest] = []
        var protocols = Set(GatewayProtocol.allCases)
        if let when = values[.when] { (tests, protocols) = self.tests(when) }
        guard let nameNode = values[.name] else {
            error("a rule needs a name", node)
            return nil
        }
        let name = text(nameNode, "a name") ?? ""
        if name.isEmpty || name.utf8.count > GatewayPolicyReader.longestName {
            error("a name has 1 to \(GatewayPolicyReader.longestName) bytes", nameNode)
        }
        guard let then = values[.then] else {
            error("a rule needs 'then: allow', deny, reset or pass", node)
            return nil
        }
        let action: PolicyAction? = word(then)
        var rule = PolicyRule(
            name: name, tests: tests, action: action ?? .deny,
            line: collector.file.position(of: node.range.lower).line)
        if let reply = values[.reply] { rule.reply = self.reply(reply, action, protocols) }
        for (key, isSet) in [(PolicyKeys.Rule.set, true), (.remove, false)] {
            guard let edits = values[key] else { continue }
            if let action, action != .allow {
                error(
                    "what is \(then.scalar ?? "") isn't changed: '\(key.rawValue)' goes with 'then: allow'",
                    edits)
            }
            if !protocols.contains(.http) { error("only http has headers", edits) }
            if isSet { set(edits, &rule.edits) } else { remove(edits, &rule.edits) }
        }
        return (rule, nameNode.range)
    }

    private mutating func reply(
        _ node: YAMLNode, _ action: PolicyAction?, _ protocols: Set<GatewayProtocol>
    ) -> DenialReply? {
        if let action, action != .deny { error("'\(action.rawValue)' has no reply: only 'deny' has", node) }
        if !protocols.contains(.http) { error("only http has a reply with a status and a body", node) }
        var reply = DenialReply()
        for (key, value) in entries(of: node, PolicyKeys.Reply.self, "reply") ?? [] {
            switch key {
            case .status: reply.status = number(value, in: 200...599, "a status").map(Int.init)
            case .body:
                reply.body = text(value, "a body")
                if reply.body?.utf8.count ?? 0 > GatewayPolicyReader.longestBody {
                    error("a body has at most \(GatewayPolicyReader.longestBody) bytes", value)
                }
            }
        }
        return reply
    }
}
