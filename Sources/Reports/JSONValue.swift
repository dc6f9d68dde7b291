/// A JSON document as a tree, for reports that are small; what is written for each packet is appended directly.
enum JSONValue {
    case null
    case bool(Bool)
    case number(Int)
    case string(String)
    case array([JSONValue])
    /// Written in this order.
    case object([Member])

    struct Member {
        let key: String
        let value: JSONValue
    }

    /// nil is null.
    init(_ text: String?) { self = text.map { .string($0) } ?? .null }
    init(_ number: Int?) { self = number.map { .number($0) } ?? .null }

    func append(to buffer: inout [UInt8]) {
        switch self {
        case .null: buffer.append("null")
        case .bool(let value): buffer.append(value ? "true" : "false")
        case .number(let value): buffer.append(number: value)
        case .string(let text): buffer.append(jsonString: text)
        case .array(let values):
            buffer.append("[")
            for (index, value) in values.enumerated() {
                if index > 0 { buffer.append(",") }
                value.append(to: &buffer)
            }
            buffer.append("]")
        case .object(let members):
            buffer.append("{")
            for (index, member) in members.enumerated() {
                if index > 0 { buffer.append(",") }
                buffer.append(jsonString: member.key)
                buffer.append(":")
                member.value.append(to: &buffer)
            }
            buffer.append("}")
        }
    }

    /// Adds a member to an object.
    /// - Precondition: it is one.
    mutating func add(_ key: String, _ value: JSONValue) {
        guard case .object(let members) = self else { preconditionFailure("no JSON object") }
        self = .object(members + [Member(key: key, value: value)])
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    typealias Key = String
    typealias Value = JSONValue

    init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member(key: $0.0, value: $0.1) })
    }
}
