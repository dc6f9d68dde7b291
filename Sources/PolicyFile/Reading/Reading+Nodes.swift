import Diagnostics

/// What maps, lists and words are read with.
extension GatewayPolicyReader {
    mutating func error(_ message: String, _ node: YAMLNode, suggestion: String? = nil) {
        collector.error(message, at: node.range, suggestion: suggestion)
    }

    mutating func unknown(_ noun: String, _ node: YAMLNode, _ known: [String]) {
        guard let text = node.scalar else {
            return error("needs the name of a \(noun), not \(node.kind)", node)
        }
        error("unknown \(noun) '\(text)'", node, suggestion: Spelling.closest(to: text, among: known))
    }

    /// The entries of a map whose keys are known; nil if it isn't one.
    mutating func entries<Key: RawRepresentable<String> & CaseIterable>(
        of node: YAMLNode, _ keys: Key.Type, _ noun: String
    ) -> [(key: Key, value: YAMLNode)]? {
        guard case .map(let pairs) = node.content else {
            if !node.isNull { error("\(noun) is a map, not \(node.kind)", node) }
            return node.isNull ? [] : nil
        }
        var entries: [(Key, YAMLNode)] = []
        for (key, value) in pairs {
            if let known = key.scalar.flatMap(Key.init(rawValue:)) {
                entries.append((known, value))
            } else {
                unknown("key", key, Key.allCases.map(\.rawValue))
            }
        }
        return entries
    }

    /// The pairs of a map with keys of the user's own; none, and an error, if it isn't one.
    mutating func map(_ node: YAMLNode, _ noun: String) -> [(key: YAMLNode, value: YAMLNode)] {
        if case .map(let pairs) = node.content { return pairs }
        if !node.isNull { error("\(noun) is a map, not \(node.kind)", node) }
        return []
    }

    mutating func list(_ node: YAMLNode) -> [YAMLNode] {
        if case .list(let items) = node.content { return items }
        if !node.isNull { error("needs a list, not \(node.kind)", node) }
        return []
    }

    /// The items of a list, or a value that stands for a list of one.
    mutating func listOrOne(_ node: YAMLNode) -> [YAMLNode] {
        guard case .list(let items) = node.content else { return [node] }
        if items.isEmpty { error("the list is empty", node) }
        return items
    }

    /// One of a choice's words.
    mutating func word<Choice: RawRepresentable<String> & CaseIterable>(_ node: YAMLNode) -> Choice? {
        let words = Choice.allCases.map(\.rawValue)
        guard let text = node.scalar, !node.isNull else {
            error("needs one of \(words.joined(separator: ", ")), not \(node.kind)", node)
            return nil
        }
        if let choice = Choice(rawValue: text) { return choice }
        error(
            "'\(text)' is none of \(words.joined(separator: ", "))", node,
            suggestion: Spelling.closest(to: text, among: words))
        return nil
    }

    mutating func text(_ node: YAMLNode, _ noun: String) -> String? {
        guard let text = node.scalar, !node.isNull else {
            error("needs \(noun), not \(node.kind)", node)
            return nil
        }
        return text
    }
}
