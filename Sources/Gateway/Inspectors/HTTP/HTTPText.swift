/// Messages as bytes.
enum HTTPText {
    static func head(_ startLine: String, _ fields: HTTPFields) -> [UInt8] {
        var bytes = Array(startLine.utf8) + crlf
        for field in fields.list {
            bytes += field.name.utf8
            bytes += [HTTPGrammar.colon, HTTPGrammar.sp]
            bytes += field.value
            bytes += crlf
        }
        return bytes + crlf
    }

    private static let crlf = [HTTPGrammar.cr, HTTPGrammar.lf]

    /// A reply of the gateway's own, after which it closes.
    ///
    /// - Parameter method: of the request, if it is known: HEAD gets no body.
    static func reply(_ status: Int, _ body: String, to method: String?) -> [UInt8] {
        var fields = HTTPFields()
        fields.set("Content-Type", "text/plain; charset=utf-8")
        fields.set("Content-Length", String(body.utf8.count))
        fields.set("Connection", "close")
        let head = head("HTTP/1.1 \(status) \(reasons[status] ?? "")", fields)
        return method == "HEAD" ? head : head + Array(body.utf8)
    }

    /// Of RFC 9110, 15; those that a gateway or its policy answers with.
    private static let reasons: [Int: String] = [
        200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict",
        410: "Gone",
        411: "Length Required", 413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
        418: "I'm a teapot", 421: "Misdirected Request", 422: "Unprocessable Content",
        426: "Upgrade Required",
        429: "Too Many Requests", 431: "Request Header Fields Too Large",
        451: "Unavailable For Legal Reasons", 500: "Internal Server Error", 501: "Not Implemented",
        502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
    ]
}
