import Diagnostics
import Gateway

extension GatewayPolicyReader {
    /// The tests of a `when`, and the protocols whose requests can meet them.
    mutating func tests(_ node: YAMLNode) -> ([FieldTest], Set<GatewayProtocol>) {
        var tests: [FieldTest] = []
        var fields: [(field: PolicyField, node: YAMLNode)] = []
        var protocols = Set(GatewayProtocol.allCases)
        for (key, value) in map(node, "when") {
            guard let field = field(key) else { continue }
            fields.append((field, key))
            switch field {
            case .protocol:
                guard let matcher = matcher(value, { reader, node in reader.protocolMatcher(node) }) else {
                    continue
                }
                tests.append(FieldTest(.protocol, matcher))
                protocols = protocols.filter { matcher.takes($0) }
            case .header, .responseHeader:
                for (name, value) in map(value, field.rawValue) {
                    guard let header = headerName(name),
                        let matcher = matcher(value, { reader, node in reader.textMatcher(node, .plain) })
                    else { continue }
                    tests.append(FieldTest(field, headerName: header.lowercased(), matcher))
                }
            case .client, .server:
                if let matcher = matcher(value, { reader, node in reader.prefix(node).map { .prefix($0) } }) {
                    tests.append(FieldTest(field, matcher))
                }
            case .port, .status, .bodyBytes, .responseBytes, .labelLength, .nameLength:
                if let matcher = matcher(
                    value, { reader, node in reader.numberRange(node).map { .number($0) } })
                {
                    tests.append(FieldTest(field, matcher))
                }
            default:
                if let matcher = matcher(value, { reader, node in reader.textMatcher(node, of: field) }) {
                    tests.append(FieldTest(field, matcher))
                }
            }
        }
        return (tests, narrow(protocols, by: fields))
    }

    private mutating func field(_ key: YAMLNode) -> PolicyField? {
        guard let name = key.scalar else {
            unknown("field", key, PolicyKeys.fields)
            return nil
        }
        if name == "answer" { return .answers }
        if let field = PolicyField(rawValue: name) { return field }
        if FutureNames.fields.contains(name) {
            error("the field '\(name)' is not supported by this version", key)
        } else {
            unknown("field", key, PolicyKeys.fields)
        }
        return nil
    }

    /// A test of a field that no protocol left has is a mistake: nothing would ever match it.
    private mutating func narrow(
        _ protocols: Set<GatewayProtocol>, by fields: [(field: PolicyField, node: YAMLNode)]
    ) -> Set<GatewayProtocol> {
        var left = protocols
        for (field, node) in fields {
            let rest = left.intersection(field.protocols)
            if rest.isEmpty, !left.isEmpty {
                let names = GatewayProtocol.allCases.filter { left.contains($0) }.map(\.rawValue)
                let owners = GatewayProtocol.allCases.filter { field.protocols.contains($0) }.map(\.rawValue)
                error(
                    "\(names.joined(separator: ", ")) \(names.count == 1 ? "has" : "have") no '\(field.rawValue)': it is a field of \(owners.joined(separator: ", "))",
                    node)
            } else {
                left = rest
            }
        }
        return left
    }

    /// A value, a list of them with or between, or `{not: …}` of either.
    private mutating func matcher(
        _ node: YAMLNode, _ one: (inout GatewayPolicyReader, YAMLNode) -> ValueMatcher?
    ) -> ValueMatcher? {
        switch node.content {
        case .scalar: return one(&self, node)
        case .list(let items):
            if items.isEmpty { error("the list is empty: it matches nothing", node) }
            let matchers = items.compactMap { matcher($0, one) }
            return matchers.count == items.count && !items.isEmpty ? .any(matchers) : nil
        case .map(let pairs):
            guard pairs.count == 1, pairs[0].key.scalar == "not" else {
                error("needs a value, a list or {not: …}, not a map of something else", node)
                return nil
            }
            return matcher(pairs[0].value, one).map { .not($0) }
        }
    }

    private mutating func protocolMatcher(_ node: YAMLNode) -> ValueMatcher? {
        protocolName(node).map { .text(TextPattern(glob: $0.rawValue)) }
    }

    private mutating func textMatcher(_ node: YAMLNode, of field: PolicyField) -> ValueMatcher? {
        if let words = field.words, let text = node.scalar, !text.contains(where: { "*?/".contains($0) }),
            !words.contains(text)
        {
            unknown(field.rawValue, node, words)
            return nil
        }
        return textMatcher(node, field.textStyle)
    }

    private mutating func textMatcher(_ node: YAMLNode, _ style: TextPattern.Style) -> ValueMatcher? {
        guard let text = text(node, "a text") else { return nil }
        guard let expression = ExpressionText.inside(text, style) else {
            return .text(TextPattern(glob: text, style))
        }
        do throws(RegularExpressionError) {
            return .text(try TextPattern(regularExpression: expression, style))
        } catch {
            collector.error(error.message, at: node.range(ofText: error.range, behind: 1, in: collector.file))
            return nil
        }
    }
}

enum ExpressionText {
    /// What stands between the slashes of a regular expression; nil for a glob.
    ///
    /// A path begins with a slash, too, so that `/admin/` and `/a/*/` are globs of paths: there an expression is
    /// one that can match a slash at its beginning.
    static func inside(_ text: String, _ style: TextPattern.Style) -> String? {
        guard text.utf8.count >= 2, text.hasPrefix("/"), text.hasSuffix("/") else { return nil }
        let inside = String(text.dropFirst().dropLast())
        guard style == .path else { return inside }
        guard let first = inside.utf8.first else { return nil }
        if "\\^/([".utf8.contains(first) { return inside }
        let second = inside.utf8.dropFirst().first
        return first == UInt8(ascii: ".") && second.map { "*+?{".utf8.contains($0) } == true ? inside : nil
    }
}

extension ValueMatcher {
    /// Of a test of `protocol`.
    fileprivate func takes(_ name: GatewayProtocol) -> Bool {
        switch self {
        case .any(let matchers): matchers.contains { $0.takes(name) }
        case .not(let matcher): !matcher.takes(name)
        case .text(let pattern): pattern.matches(name.rawValue)
        case .number, .prefix: false
        }
    }
}
