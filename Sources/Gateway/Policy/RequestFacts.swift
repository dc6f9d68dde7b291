public import Packets

/// What a rule can test. The raw values are the policy's words.
public enum PolicyField: String, Hashable, Sendable, CaseIterable {
    // Any protocol.
    case `protocol`, client, server, port
    // HTTP.
    case method, host, path, query, version, header
    case contentType = "content-type"
    case body
    case bodyBytes = "body-bytes"
    case upgrade, status
    case responseHeader = "response-header"
    case responseType = "response-type"
    case responseMagic = "response-magic"
    case responseBytes = "response-bytes"
    // TLS; `version` too.
    case sni, alpn
    case serverName = "server-name"
    // DNS.
    case name, type, `class`, answers
    case labelLength = "label-length"
    case nameLength = "name-length"
    // SSH; `version` too.
    case software
}

/// One value of a field: a field may have several (headers, answers), or none.
public enum FieldValue: Hashable, Sendable {
    case text(String)
    case number(Int64)
    case address(IPAddress)
}

/// When a field's value is known.
public enum PolicyStage: Int, Hashable, Sendable, Comparable, CaseIterable, BitwiseCopyable {
    /// The request's head (a ClientHello, a query, a banner) is there.
    case request
    case requestBody
    /// The response's head is there.
    case response
    /// The response's first bytes are there, as many as tests of its content need.
    case responseBody

    public static func < (a: PolicyStage, b: PolicyStage) -> Bool { a.rawValue < b.rawValue }
}

/// What is known of one request so far.
public struct RequestFacts: Sendable {
    /// Tests of fields that come later aren't judged yet.
    public var stage = PolicyStage.request
    private var values: [PolicyField: [FieldValue]] = [:]
    /// By lower-case name.
    private var headers: [String: [String]] = [:]
    private var responseHeaders: [String: [String]] = [:]

    public init() {}

    /// A field without a value matches no pattern.
    public subscript(field: PolicyField) -> [FieldValue] {
        get { values[field] ?? [] }
        set { values[field] = newValue.isEmpty ? nil : newValue }
    }

    public mutating func set(_ field: PolicyField, _ text: String?) {
        self[field] = text.map { [.text($0)] } ?? []
    }

    public mutating func set(_ field: PolicyField, number: Int64) { self[field] = [.number(number)] }

    /// - Parameter name: in lower case.
    public mutating func addHeader(_ name: String, _ value: String, ofResponse: Bool) {
        if ofResponse {
            responseHeaders[name, default: []].append(value)
        } else {
            headers[name, default: []].append(value)
        }
    }

    /// - Parameter name: in lower case.
    public func header(_ name: String, ofResponse: Bool) -> [String] {
        (ofResponse ? responseHeaders : headers)[name] ?? []
    }
}
