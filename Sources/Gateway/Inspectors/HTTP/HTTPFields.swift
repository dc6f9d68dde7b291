/// A message's header fields, in order.
struct HTTPFields: Sendable {
    struct Field: Sendable {
        /// As it came.
        var name: String
        /// In lower case.
        var key: String
        /// Without the blanks around it.
        var value: [UInt8]

        init(_ name: String, _ value: [UInt8]) {
            self.name = name
            key = name.lowercased()
            self.value = value
        }

        var text: String { String(decoding: value, as: UTF8.self) }
    }

    var list: [Field] = []

    /// - Parameter key: in lower case.
    func values(_ key: String) -> [Field] { list.filter { $0.key == key } }

    func has(_ key: String) -> Bool { list.contains { $0.key == key } }

    /// The members of a comma-separated list, in lower case, of all fields of that name.
    func tokens(_ key: String) -> [String] {
        values(key).flatMap { field in
            field.value.split(separator: UInt8(ascii: ",")).map {
                HTTPGrammar.lowercase(HTTPGrammar.trim($0))
            }
        }.filter { !$0.isEmpty }
    }

    mutating func remove(_ key: String) { list.removeAll { $0.key == key } }

    /// In place of the first of that name, or behind the others.
    mutating func set(_ name: String, _ value: String) {
        let field = Field(name, Array(value.utf8))
        guard let first = list.firstIndex(where: { $0.key == field.key }) else {
            list.append(field)
            return
        }
        list[first] = field
        let rest = list[(first + 1)...].filter { $0.key != field.key }
        list.replaceSubrange((first + 1)..., with: rest)
    }

    /// Takes the fields away that are between the client and the gateway only (RFC 9110, 7.6.1), and those of the
    /// framing, which the gateway writes itself. What describes the message stays, whatever `Connection` says.
    mutating func removeHopByHop() {
        var gone: Set<String> = [
            "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
            "content-length",
        ]
        for name in tokens("connection") where !HTTPFields.endToEnd.contains(name) { gone.insert(name) }
        list.removeAll { gone.contains($0.key) }
    }

    private static let endToEnd: Set<String> = [
        "host", "authorization", "cookie", "set-cookie", "cache-control", "content-type", "content-encoding",
        "content-range", "date", "location",
    ]

    /// The framing is the gateway's, whatever a rule sets.
    mutating func removeFraming() {
        list.removeAll { ["content-length", "transfer-encoding", "connection"].contains($0.key) }
    }

    /// - Returns: whether anything changed.
    mutating func apply(set: [HeaderEdits.Field], remove: [String]) -> Bool {
        var changes = !set.isEmpty
        for name in remove where has(name.lowercased()) {
            self.remove(name.lowercased())
            changes = true
        }
        for field in set { self.set(field.name, field.value) }
        return changes
    }
}
