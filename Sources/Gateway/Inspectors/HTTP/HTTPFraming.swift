/// How long a message's body is (RFC 9112, 6).
enum HTTPFraming: Hashable, Sendable {
    case none
    case length(Int)
    case chunked
    /// Of a response without either: until the server closes.
    case untilClose

    /// - Throws: where two servers might read the message differently.
    static func ofRequest(
        _ fields: HTTPFields, minorVersion: UInt8, _ strictness: inout HTTPStrictness
    ) throws(HTTPViolation) -> HTTPFraming {
        try declared(fields, minorVersion: minorVersion, &strictness) ?? .none
    }

    static func ofResponse(
        _ fields: HTTPFields, _ line: HTTPStatusLine, method: String, _ strictness: inout HTTPStrictness
    ) throws(HTTPViolation) -> HTTPFraming {
        let declared = try declared(fields, minorVersion: line.minorVersion, &strictness)
        if method == "HEAD" || line.status < 200 || line.status == 204 || line.status == 304 { return .none }
        return declared ?? .untilClose
    }

    private static func declared(
        _ fields: HTTPFields, minorVersion: UInt8, _ strictness: inout HTTPStrictness
    ) throws(HTTPViolation) -> HTTPFraming? {
        let length = try contentLength(fields, &strictness)
        let codings = fields.values("transfer-encoding")
        guard let coding = codings.first else { return length.map { .length($0) } }
        // `identity`, `gzip, chunked`, `chunked, chunked`, quotes, control bytes: none has one reading for all.
        guard codings.count == 1, coding.value.map(HTTPGrammar.lowercase) == Array("chunked".utf8) else {
            throw HTTPViolation(anomaly: .conflictingFraming, status: 501)
        }
        // RFC 9112, 6.3: the chunks hold where both are given, if the policy lets that pass.
        if length != nil || minorVersion == 0 { try strictness.meet(.conflictingFraming) }
        return .chunked
    }

    private static func contentLength(
        _ fields: HTTPFields, _ strictness: inout HTTPStrictness
    ) throws(HTTPViolation) -> Int? {
        let members = fields.values("content-length").flatMap {
            $0.value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(
                HTTPGrammar.trim)
        }
        var length: Int?
        for member in members {
            // Up to 18 digits fit an Int.
            guard !member.isEmpty, member.count <= 18, member.allSatisfy(HTTPGrammar.isDigit),
                let number = Int(String(decoding: member, as: UTF8.self)), length == nil || length == number
            else { throw HTTPViolation(anomaly: .conflictingFraming) }
            length = number
        }
        if members.count > 1 { try strictness.meet(.duplicateHeader) }
        return length
    }
}
