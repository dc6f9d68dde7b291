/// A request whose head is sound.
struct HTTPRequest: Sendable {
    var method: String
    var target: HTTPTarget
    /// The server it is for, from the target or the Host field; nil for some requests of HTTP/1.0.
    var authority: HTTPAuthority?
    var minorVersion: UInt8
    /// As they came.
    var fields: HTTPFields
    var framing: HTTPFraming
    /// The head as it came.
    var raw: [UInt8]
    /// Whether an anomaly was mended in it.
    var isMended = false

    /// - Parameter head: complete.
    init(_ head: HTTPHeadReader, isExplicit: Bool, _ strictness: inout HTTPStrictness) throws(HTTPViolation) {
        // A reader of requests has the line when it is complete.
        let line = head.requestLine!
        let before = strictness.mendCount
        method = line.method
        minorVersion = min(line.minorVersion, 1)
        fields = head.fields
        raw = head.raw
        framing = try HTTPFraming.ofRequest(fields, minorVersion: minorVersion, &strictness)
        try head.checkControls()
        target = try HTTPTarget(line.target, method: method, &strictness)
        authority = try HTTPRequest.authority(fields, target, minorVersion, &strictness)
        try HTTPRequest.checkDuplicates(fields, &strictness)
        if case .length(let length) = framing { try strictness.check(length, .bodyBytes, status: 413) }
        if isExplicit, target.authority == nil { throw HTTPViolation(anomaly: .noHost) }
        isMended = head.isMended || strictness.mendCount != before
    }

    private static func authority(
        _ fields: HTTPFields, _ target: HTTPTarget, _ minorVersion: UInt8, _ strictness: inout HTTPStrictness
    ) throws(HTTPViolation) -> HTTPAuthority? {
        let hosts = fields.values("host")
        if hosts.count > 1 { try strictness.meet(.twoHosts) }
        guard let first = hosts.first, !first.value.isEmpty else {
            if minorVersion > 0 { try strictness.meet(.noHost, mends: false) }
            return target.authority
        }
        guard let host = HTTPAuthority(first.text) else { throw HTTPViolation(anomaly: .noHost) }
        if let named = target.authority {
            // The Host field of a CONNECT may leave the port out.
            let agree = target.form == .authority ? named.host == host.host : named.names(host)
            if !agree { try strictness.meet(.hostTargetMismatch) }
        }
        return target.authority ?? host
    }

    /// Fields of which there is one; servers differ in which of two they take.
    private static let single: Set<String> = [
        "content-type", "authorization", "proxy-authorization", "from", "if-modified-since", "if-range",
        "if-unmodified-since", "max-forwards", "range", "referer", "user-agent",
    ]

    private static func checkDuplicates(
        _ fields: HTTPFields, _ strictness: inout HTTPStrictness
    ) throws(HTTPViolation) {
        var seen: Set<String> = []
        for field in fields.list where single.contains(field.key) {
            if !seen.insert(field.key).inserted { try strictness.meet(.duplicateHeader, mends: false) }
        }
    }

    /// Whether the client would send more on the connection.
    var keepsAlive: Bool {
        let options = fields.tokens("connection")
        return minorVersion > 0 ? !options.contains("close") : options.contains("keep-alive")
    }

    var upgrades: [String] { fields.tokens("upgrade") }

    var expectsContinue: Bool { minorVersion > 0 && fields.tokens("expect").contains("100-continue") }

    var hasBody: Bool { framing == .chunked || framing != .none && framing != .length(0) }

    /// Its facts, but for what any session has.
    func add(to facts: inout RequestFacts) {
        facts.set(.method, method)
        facts.set(.host, authority?.host)
        facts.set(.path, target.form == .authority ? nil : target.decodedPath)
        facts.set(.query, target.query)
        facts.set(.version, "1.\(minorVersion)")
        for field in fields.list { facts.addHeader(field.key, field.text, ofResponse: false) }
        facts.set(.contentType, fields.values("content-type").first.map { HTTPRequest.mediaType($0) })
        facts[.upgrade] = upgrades.map { .text($0) }
        if !hasBody {
            facts.set(.bodyBytes, number: 0)
            facts.stage = .requestBody
        } else if case .length(let length) = framing {
            facts.set(.bodyBytes, number: Int64(length))
        }
    }

    /// `text/html` of `Text/HTML; charset=utf-8`.
    static func mediaType(_ field: HTTPFields.Field) -> String {
        let type = field.value.prefix { $0 != UInt8(ascii: ";") }
        return HTTPGrammar.lowercase(HTTPGrammar.trim(type))
    }

    /// The head as it goes to the server.
    ///
    /// - Parameter keepsExpect: false if the gateway has answered `Expect` itself.
    func head(_ edits: HeaderEdits, keepsExpect: Bool, upgrading: Bool) -> (bytes: [UInt8], isEdited: Bool) {
        var out = fields
        out.removeHopByHop()
        if !keepsExpect { out.remove("expect") }
        if target.form == .absolute || out.values("host").count > 1, let authority {
            out.set("Host", authority.text)
        }
        let isEdited = out.apply(set: edits.setRequest, remove: edits.removeRequest)
        out.removeFraming()
        switch framing {
        case .length(let length): out.set("Content-Length", String(length))
        case .chunked: out.set("Transfer-Encoding", "chunked")
        case .none, .untilClose: break
        }
        if upgrading {
            out.set("Connection", "Upgrade")
            out.set("Upgrade", fields.values("upgrade").map(\.text).joined(separator: ", "))
        } else if keepsAlive != (minorVersion > 0) {
            out.set("Connection", keepsAlive ? "keep-alive" : "close")
        }
        let goal = target.form == .authority ? target.authority?.text ?? "" : target.originForm
        return (HTTPText.head("\(method) \(goal) HTTP/1.\(minorVersion)", out), isEdited)
    }
}
