/// A request line (RFC 9112, 3).
struct HTTPRequestLine: Sendable {
    var method: String
    var target: ArraySlice<UInt8>
    /// Of HTTP/1.
    var minorVersion: UInt8

    private static let longestMethod = 64
    private static let version = Array("HTTP/1.".utf8)

    enum Start: Equatable {
        case possible, impossible
        /// More of the target than there may be.
        case targetTooLong
    }

    /// Whether the bytes can be the start of a request line.
    static func judge(_ line: [UInt8], urlLimit: Int) -> Start {
        guard let methodEnd = line.firstIndex(where: { !HTTPGrammar.isToken($0) }) else {
            return line.count > longestMethod ? .impossible : .possible
        }
        guard methodEnd > 0, methodEnd <= longestMethod, line[methodEnd] == HTTPGrammar.sp else {
            return .impossible
        }
        let rest = line[(methodEnd + 1)...]
        guard let first = rest.first else { return .possible }
        let targetEnd = rest.firstIndex(of: HTTPGrammar.sp) ?? rest.endIndex
        let target = rest[..<targetEnd]
        if line[..<methodEnd].elementsEqual("CONNECT".utf8) {
            guard HTTPGrammar.isAlpha(first) || HTTPGrammar.isDigit(first) || first == UInt8(ascii: "[")
            else {
                return .impossible
            }
        } else if first != UInt8(ascii: "/"), first != UInt8(ascii: "*") {
            let scheme = target.prefix(8).map(HTTPGrammar.lowercase)
            guard "http://".utf8.starts(with: scheme.prefix(7)) || "https://".utf8.starts(with: scheme) else {
                return .impossible
            }
        }
        if target.count > urlLimit { return .targetTooLong }
        let behind = rest[targetEnd...].dropFirst()
        guard version.starts(with: behind.prefix(version.count)) else { return .impossible }
        return behind.count <= version.count + 1
            || behind[(behind.startIndex + version.count + 1)...] == [HTTPGrammar.cr]
            ? .possible : .impossible
    }

    /// - Parameter line: without its end.
    init?(_ line: [UInt8]) {
        let parts = line.split(separator: HTTPGrammar.sp, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(HTTPGrammar.isToken),
            !parts[1].isEmpty,
            let minor = HTTPRequestLine.minorVersion(parts[2])
        else { return nil }
        method = String(decoding: parts[0], as: UTF8.self)
        target = parts[1]
        minorVersion = minor
    }

    static func minorVersion(_ text: ArraySlice<UInt8>) -> UInt8? {
        guard text.count == version.count + 1, text.starts(with: version), let last = text.last,
            HTTPGrammar.isDigit(last)
        else { return nil }
        return last - UInt8(ascii: "0")
    }
}

/// A status line (RFC 9112, 4).
struct HTTPStatusLine: Sendable {
    var minorVersion: UInt8
    var status: Int
    var reason: [UInt8]

    static func isPossible(_ line: [UInt8]) -> Bool {
        let pattern = Array("HTTP/1.".utf8)
        return pattern.starts(with: line.prefix(pattern.count))
    }

    /// - Parameter line: without its end.
    init?(_ line: [UInt8]) {
        let parts = line.split(separator: HTTPGrammar.sp, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let minor = HTTPRequestLine.minorVersion(parts[0]), parts[1].count == 3,
            parts[1].allSatisfy(HTTPGrammar.isDigit),
            let status = Int(String(decoding: parts[1], as: UTF8.self)), status >= 100
        else { return nil }
        minorVersion = minor
        self.status = status
        reason = parts.count > 2 ? Array(parts[2]) : []
    }
}
