/// A request's target (RFC 9112, 3.2).
struct HTTPTarget: Sendable {
    enum Form: Sendable { case origin, absolute, authority, asterisk }

    var form: Form
    var authority: HTTPAuthority?
    /// The path as it goes out; `*` in asterisk form.
    var path = ""
    /// The path that rules match.
    var decodedPath = ""
    /// Without the question mark.
    var query: String?

    /// - Parameter target: starts as `HTTPRequestLine` allows.
    init(_ target: ArraySlice<UInt8>, method: String, _ strictness: inout HTTPStrictness)
        throws(HTTPViolation)
    {
        let text = String(decoding: target, as: UTF8.self)
        if method == "CONNECT" {
            form = .authority
            guard let authority = HTTPAuthority(text), authority.port != nil else {
                throw HTTPViolation(anomaly: .not(.http))
            }
            self.authority = authority
            return
        }
        if text == "*" {
            guard method == "OPTIONS" else { throw HTTPViolation(anomaly: .not(.http)) }
            form = .asterisk
            path = "*"
            decodedPath = "*"
            return
        }
        guard !target.contains(UInt8(ascii: "#")) else { throw HTTPViolation(anomaly: .not(.http)) }
        var rest = target
        form = .origin
        if target.first != UInt8(ascii: "/") {
            form = .absolute
            let prefix = Array("http://".utf8)
            guard target.prefix(prefix.count).map(HTTPGrammar.lowercase) == prefix else {
                throw HTTPViolation(anomaly: .not(.http))
            }
            rest = target.dropFirst(prefix.count)
            let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
            guard let authority = HTTPAuthority(String(decoding: rest[..<end], as: UTF8.self)) else {
                throw HTTPViolation(anomaly: .not(.http))
            }
            self.authority = authority
            rest = rest[end...]
        }
        let mark = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
        if mark < rest.endIndex {
            query = String(decoding: HTTPPath.escapeRaw(rest[(mark + 1)...]), as: UTF8.self)
        }
        let path = HTTPPath(rest[..<mark])
        if path.climbsOut { try strictness.meet(.pathTraversal) }
        self.path = path.normalized
        decodedPath = path.decoded
    }

    /// In origin form.
    var originForm: String { path + (query.map { "?" + $0 } ?? "") }
}

/// `host[:port]`, without user information.
struct HTTPAuthority: Hashable, Sendable {
    /// In lower case, without brackets and without the dot at the end.
    var host: String
    var port: UInt16?
    /// As it came.
    var text: String

    init?(_ text: String) {
        self.text = text
        var host = Substring(text)
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            guard !host.isEmpty,
                host.utf8.allSatisfy({ HTTPGrammar.hexValue($0) != nil || $0 == 0x3a || $0 == 0x2e })
            else { return nil }
            let rest = text[text.index(after: end)...]
            if !rest.isEmpty {
                guard rest.hasPrefix(":"), HTTPAuthority.readPort(rest.dropFirst(), into: &port) else {
                    return nil
                }
            }
        } else {
            if let colon = text.firstIndex(of: ":") {
                host = text[..<colon]
                guard HTTPAuthority.readPort(text[text.index(after: colon)...], into: &port) else {
                    return nil
                }
            }
            if host.hasSuffix(".") { host = host.dropLast() }
            guard !host.isEmpty, host.utf8.allSatisfy(HTTPAuthority.isNameByte) else { return nil }
        }
        self.host = HTTPGrammar.lowercase(host.utf8)
    }

    private static func readPort(_ text: Substring, into port: inout UInt16?) -> Bool {
        if text.isEmpty { return true }
        guard text.utf8.allSatisfy(HTTPGrammar.isDigit), let number = UInt16(text) else { return false }
        port = number
        return true
    }

    /// The unreserved bytes of RFC 3986; percent-encoded names are of no use to DNS.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        HTTPGrammar.isAlpha(byte) || HTTPGrammar.isDigit(byte) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "~")
    }

    /// Whether both name the same server, for a scheme whose port is 80.
    func names(_ other: HTTPAuthority) -> Bool { host == other.host && (port ?? 80) == (other.port ?? 80) }
}
