/// Reads a message's head, line by line, by the letter of RFC 9112.
struct HTTPHeadReader: Sendable {
    enum Kind: Sendable { case request, response, trailer }

    private let kind: Kind
    private var line: [UInt8] = []
    private var headerBytes = 0
    private(set) var requestLine: HTTPRequestLine?
    private(set) var statusLine: HTTPStatusLine?
    private(set) var fields = HTTPFields()
    /// The head so far, as it came.
    private(set) var raw: [UInt8] = []
    private var hasControl = false
    /// Whether an anomaly was mended in it.
    private(set) var isMended = false

    init(_ kind: Kind) { self.kind = kind }

    /// Reads on from `position`, and stops behind the head's last byte.
    ///
    /// - Returns: whether the head is complete.
    mutating func read(
        _ bytes: [UInt8], _ position: inout Int, _ strictness: inout HTTPStrictness
    ) throws(HTTPViolation) -> Bool {
        let before = strictness.mendCount
        defer { isMended = isMended || strictness.mendCount != before }
        while position < bytes.count {
            let end = bytes[position...].firstIndex(of: HTTPGrammar.lf)
            let next = end.map { $0 + 1 } ?? bytes.count
            line += bytes[position..<next]
            raw += bytes[position..<next]
            position = next
            try limitLine(&strictness)
            if end == nil { return false }
            defer { line = [] }
            if try takeLine(&strictness) { return true }
        }
        return false
    }

    private var hasStartLine: Bool { kind == .trailer || requestLine != nil || statusLine != nil }

    private func limitLine(_ strictness: inout HTTPStrictness) throws(HTTPViolation) {
        guard !hasStartLine else {
            try strictness.check(line.count, .lineBytes, status: 431)
            try strictness.check(headerBytes + line.count, .headerBytes, status: 431)
            return
        }
        guard kind == .request else {
            guard HTTPStatusLine.isPossible(line) else { throw HTTPViolation(anomaly: .not(.http)) }
            try strictness.check(line.count, .lineBytes, status: 431)
            return
        }
        if line == [HTTPGrammar.cr] || line == [HTTPGrammar.cr, HTTPGrammar.lf] || line == [HTTPGrammar.lf] {
            return try strictness.check(raw.count, .lineBytes, status: 431)
        }
        var start = line
        if start.last == HTTPGrammar.lf { start.removeLast() }
        switch HTTPRequestLine.judge(start, urlLimit: Int(clamping: strictness.limits[.urlBytes])) {
        case .possible: break
        case .impossible: throw HTTPViolation(anomaly: .not(.http))
        case .targetTooLong: try strictness.meet(.limit(.urlBytes), status: 414, mends: false)
        }
    }

    /// Takes a whole line, with its LF.
    /// - Returns: whether it ends the head.
    private mutating func takeLine(_ strictness: inout HTTPStrictness) throws(HTTPViolation) -> Bool {
        var content = line
        content.removeLast()
        let endsProperly = content.last == HTTPGrammar.cr
        if endsProperly { content.removeLast() }
        if !hasStartLine {
            // Empty lines before a request line are skipped (RFC 9112, 2.2).
            if content.isEmpty, kind == .request, endsProperly { return false }
            try takeStartLine(content, endsProperly, &strictness)
            return false
        }
        headerBytes += line.count
        try mendBytes(&content, endsProperly, &strictness)
        if content.isEmpty {
            // Framing is looked at first: the obfuscations of Transfer-Encoding are made of such bytes.
            return true
        }
        try takeField(content, &strictness)
        return false
    }

    private mutating func takeStartLine(
        _ content: [UInt8], _ endsProperly: Bool, _ strictness: inout HTTPStrictness
    ) throws(HTTPViolation) {
        if kind == .response {
            guard let statusLine = HTTPStatusLine(content) else { throw HTTPViolation(anomaly: .not(.http)) }
            self.statusLine = statusLine
        } else {
            guard let requestLine = HTTPRequestLine(content) else {
                throw HTTPViolation(anomaly: .not(.http))
            }
            self.requestLine = requestLine
        }
        var checked = content
        try mendBytes(&checked, endsProperly, &strictness)
        guard !checked.contains(where: HTTPGrammar.isControl), kind == .response || checked == content else {
            throw HTTPViolation(anomaly: .not(.http))
        }
        if kind == .response { statusLine = HTTPStatusLine(checked) }
    }

    /// Holds a line's bytes against the grammar of lines.
    private func mendBytes(
        _ content: inout [UInt8], _ endsProperly: Bool, _ strictness: inout HTTPStrictness
    ) throws(HTTPViolation) {
        // RFC 9110, 5.5: what isn't refused is replaced by a blank.
        if content.contains(0) {
            try strictness.meet(.nulByte)
            content = content.map { $0 == 0 ? HTTPGrammar.sp : $0 }
        }
        if content.contains(HTTPGrammar.cr) {
            try strictness.meet(.bareCR)
            content = content.map { $0 == HTTPGrammar.cr ? HTTPGrammar.sp : $0 }
        }
        if !endsProperly { try strictness.meet(.bareLF) }
    }

    private mutating func takeField(
        _ content: [UInt8], _ strictness: inout HTTPStrictness
    ) throws(HTTPViolation) {
        if HTTPGrammar.isBlank(content[0]) {
            try strictness.meet(.obsFold)
            guard !fields.list.isEmpty else { throw HTTPViolation(anomaly: .not(.http)) }
            fields.list[fields.list.count - 1].value += [HTTPGrammar.sp] + HTTPGrammar.trim(content[...])
            return
        }
        guard let colon = content.firstIndex(of: HTTPGrammar.colon) else {
            throw HTTPViolation(anomaly: .not(.http))
        }
        var name = content[..<colon]
        if name.contains(where: HTTPGrammar.isBlank) {
            try strictness.meet(.spaceBeforeColon)
            name = HTTPGrammar.trim(name)
        }
        guard !name.isEmpty, name.allSatisfy(HTTPGrammar.isToken) else {
            throw HTTPViolation(anomaly: .not(.http))
        }
        let value = HTTPGrammar.trim(content[(colon + 1)...])
        hasControl = hasControl || value.contains(where: HTTPGrammar.isControl)
        fields.list.append(HTTPFields.Field(String(decoding: name, as: UTF8.self), Array(value)))
        try strictness.check(fields.list.count, .headerCount, status: 431)
    }

    /// What is judged when the framing is known to be sound.
    func checkControls() throws(HTTPViolation) {
        if hasControl { throw HTTPViolation(anomaly: .not(.http)) }
    }
}
