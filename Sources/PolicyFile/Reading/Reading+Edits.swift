import Gateway

extension GatewayPolicyReader {
    /// Of a message's framing and hops, which are the gateway's own business (RFC 9112, 6; RFC 9110, 7.6.1).
    private static let framing: Set<String> = [
        "connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    mutating func set(_ node: YAMLNode, _ edits: inout HeaderEdits) {
        for (key, value) in entries(of: node, PolicyKeys.Edit.self, "set") ?? [] {
            for (name, value) in map(value, key.rawValue) {
                guard let header = headerName(name), isEditable(header, name),
                    let text = text(value, "a value")
                else { continue }
                // RFC 9110, 5.5: no control characters, and no blanks around.
                let isValue = text.unicodeScalars.allSatisfy {
                    $0 == "\t" || $0.value >= 0x20 && $0.value != 0x7f
                }
                guard isValue, text.first != " ", text.last != " " else {
                    error("a header's value has no control characters, and no blanks around it", value)
                    continue
                }
                let field = HeaderEdits.Field(header, text)
                if key == .requestHeader {
                    edits.setRequest.append(field)
                } else {
                    edits.setResponse.append(field)
                }
            }
        }
    }

    mutating func remove(_ node: YAMLNode, _ edits: inout HeaderEdits) {
        for (key, value) in entries(of: node, PolicyKeys.Edit.self, "remove") ?? [] {
            for name in listOrOne(value) {
                guard let header = headerName(name), isEditable(header, name) else { continue }
                if key == .requestHeader {
                    edits.removeRequest.append(header)
                } else {
                    edits.removeResponse.append(header)
                }
            }
        }
    }

    /// A token (RFC 9110, 5.6.2).
    mutating func headerName(_ node: YAMLNode) -> String? {
        guard let text = text(node, "a header's name") else { return nil }
        let isToken = text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
        guard isToken, !text.isEmpty else {
            error("'\(text)' is no header's name", node)
            return nil
        }
        return text
    }

    private mutating func isEditable(_ name: String, _ node: YAMLNode) -> Bool {
        guard GatewayPolicyReader.framing.contains(name.lowercased()) else { return true }
        error("the gateway frames messages itself: \(name) can't be changed", node)
        return false
    }
}
