/// A path, read the one way that rules and the server are to read it.
struct HTTPPath: Sendable {
    /// What goes out: escapes of unreserved bytes decoded, the others in upper case, dot segments gone
    /// (RFC 3986, 6.2.2).
    let normalized: String
    /// What rules match: all escapes decoded. Bytes that are no text become U+FFFD.
    let decoded: String
    /// Whether some server would leave the root by it: after decoding as often as it takes, with encoded slashes and
    /// backslashes as separators; or whether a dot segment hides behind an encoded separator.
    let climbsOut: Bool

    init(_ path: ArraySlice<UInt8>) {
        let slash = UInt8(ascii: "/")
        let canonical = HTTPPath.decodeUnreserved(HTTPPath.escapeRaw(path)[...])
        var segments: [ArraySlice<UInt8>] = []
        var climbs = false
        let all = canonical.dropFirst(canonical.first == slash ? 1 : 0)
            .split(separator: slash, omittingEmptySubsequences: false)
        for (index, segment) in all.enumerated() {
            let isLast = index == all.count - 1
            switch String(decoding: segment, as: UTF8.self) {
            case ".": if isLast { segments.append([]) }
            case "..":
                if segments.isEmpty { climbs = true } else { segments.removeLast() }
                if isLast { segments.append([]) }
            default: segments.append(segment)
            }
        }
        let out = [slash] + segments.joined(separator: [slash])
        normalized = String(decoding: out, as: UTF8.self)
        decoded = String(decoding: HTTPPath.decode(out), as: UTF8.self)
        climbsOut = climbs || HTTPPath.hidesDots(out)
    }

    /// Whether dot segments appear when a path without any is decoded.
    private static func hidesDots(_ path: [UInt8]) -> Bool {
        var path = path
        for _ in 0..<4 {
            let segments = path.split { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
            if segments.contains(where: { $0.elementsEqual("..".utf8) }) { return true }
            let next = decode(path)
            if next == path { return false }
            path = next
        }
        return false
    }

    private static func decodeUnreserved(_ path: ArraySlice<UInt8>) -> [UInt8] {
        replaceEscapes(path) { byte in
            let isUnreserved =
                HTTPGrammar.isAlpha(byte) || HTTPGrammar.isDigit(byte) || "-._~".utf8.contains(byte)
            return isUnreserved ? [byte] : escape(byte)
        }
    }

    private static func decode(_ path: [UInt8]) -> [UInt8] { replaceEscapes(path[...]) { [$0] } }

    private static func replaceEscapes(
        _ path: ArraySlice<UInt8>, _ replacement: (UInt8) -> [UInt8]
    ) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(path.count)
        var index = path.startIndex
        while index < path.endIndex {
            if path[index] == UInt8(ascii: "%"), path.endIndex - index > 2,
                let high = HTTPGrammar.hexValue(path[index + 1]),
                let low = HTTPGrammar.hexValue(path[index + 2])
            {
                result += replacement(high << 4 | low)
                index += 3
            } else {
                result.append(path[index])
                index += 1
            }
        }
        return result
    }

    /// Bytes that no target may hold as they are (RFC 3986, 2) become escapes; other text stays.
    static func escapeRaw(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        bytes.flatMap { $0 < 0x80 ? [$0] : escape($0) }
    }

    private static func escape(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
