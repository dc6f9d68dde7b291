/// A request that goes to the server, until its response has gone to the client.
struct HTTPExchange: Sendable {
    enum Kind: Sendable { case ordinary, upgrade, tunnel }

    var id: RequestID
    var request: HTTPRequest
    var facts: RequestFacts
    var decision: PolicyDecision
    var kind = Kind.ordinary
    /// Whether something of it went on otherwise than it came: by a rule's edits, or because a mended anomaly was.
    var isModified = false
    /// Whether the gateway has told the client to send the body.
    var hasContinued = false

    /// The verdict of an exchange that is let through.
    var verdict: SessionVerdict {
        if decision.action == .pass || kind == .tunnel { return .pass }
        return isModified ? .modified : .allow
    }

    /// Whether the policy wants to be asked again at the stage.
    func isPending(_ stage: PolicyStage) -> Bool { decision.pendingStage.map { $0 >= stage } ?? false }
}

/// A response whose head is sound.
struct HTTPResponse: Sendable {
    var line: HTTPStatusLine
    var fields: HTTPFields
    var framing: HTTPFraming
    var isMended = false

    init(_ head: HTTPHeadReader, method: String, _ strictness: inout HTTPStrictness) throws(HTTPViolation) {
        // A reader of responses has the line when it is complete.
        line = head.statusLine!
        let before = strictness.mendCount
        fields = head.fields
        framing = try HTTPFraming.ofResponse(fields, line, method: method, &strictness)
        try head.checkControls()
        if case .length(let length) = framing { try strictness.check(length, .bodyBytes, status: 502) }
        isMended = head.isMended || strictness.mendCount != before
    }

    var hasBody: Bool { framing != .none && framing != .length(0) }

    /// Whether the server would take more on the connection.
    var keepsAlive: Bool {
        let options = fields.tokens("connection")
        guard framing != .untilClose, !options.contains("close") else { return false }
        return line.minorVersion > 0 || options.contains("keep-alive")
    }

    var contentType: String? { fields.values("content-type").first.map { HTTPRequest.mediaType($0) } }

    var contentCodings: [String] { fields.tokens("content-encoding") }

    func add(to facts: inout RequestFacts) {
        facts.set(.status, number: Int64(line.status))
        for field in fields.list { facts.addHeader(field.key, field.text, ofResponse: true) }
        facts.set(.responseType, contentType)
        facts.stage = .response
        if !hasBody {
            facts.set(.responseBytes, number: 0)
            facts.stage = .responseBody
        } else if case .length(let length) = framing {
            facts.set(.responseBytes, number: Int64(length))
        }
    }

    enum Connection: Sendable { case keepAlive, close, upgrade, unsaid }

    /// The head as it goes to the client.
    func head(
        _ edits: HeaderEdits, framing: HTTPFraming, _ connection: Connection
    ) -> (bytes: [UInt8], isEdited: Bool) {
        var out = fields
        out.removeHopByHop()
        let isEdited = out.apply(set: edits.setResponse, remove: edits.removeResponse)
        out.removeFraming()
        switch framing {
        case .length(let length): out.set("Content-Length", String(length))
        case .chunked: out.set("Transfer-Encoding", "chunked")
        // Of a response to HEAD, or a 304, it says what another response would have.
        case .none:
            if line.status >= 200, line.status != 204, let length = fields.values("content-length").first {
                out.set(length.name, length.text)
            }
        case .untilClose: break
        }
        switch connection {
        case .keepAlive: out.set("Connection", "keep-alive")
        case .close: out.set("Connection", "close")
        case .upgrade:
            out.set("Connection", "Upgrade")
            out.set("Upgrade", fields.values("upgrade").map(\.text).joined(separator: ", "))
        case .unsaid: break
        }
        let reason = String(decoding: line.reason, as: UTF8.self)
        return (HTTPText.head("HTTP/1.1 \(line.status) \(reason)", out), isEdited)
    }
}
