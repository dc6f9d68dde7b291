/// The content behind Content-Encoding (RFC 9110, 8.4.1): gzip and deflate, one of them.
enum ContentCoding {
    /// - Parameters:
    ///   - bytes: the first ones.
    ///   - codings: in lower case.
    ///   - limit: how much is wanted at most.
    /// - Returns: the first bytes of the content; nil if the coding isn't known.
    static func decode(_ bytes: [UInt8], _ codings: [String], limit: Int) -> [UInt8]? {
        let codings = codings.filter { $0 != "identity" }
        guard let coding = codings.first else { return Array(bytes.prefix(limit)) }
        guard codings.count == 1 else { return nil }
        switch coding {
        case "gzip", "x-gzip": return gzipBody(bytes).map { Inflate.prefix(of: $0, limit: limit) } ?? []
        case "deflate":
            // Meant is zlib's format (RFC 1950); some servers send it bare.
            let hasHeader =
                bytes.count >= 2 && bytes[0] & 0x0f == 8 && (Int(bytes[0]) << 8 | Int(bytes[1])) % 31 == 0
            return Inflate.prefix(of: bytes[(hasHeader ? 2 : 0)...], limit: limit)
        default: return nil
        }
    }

    /// What is behind the header (RFC 1952, 2.3); nil if that isn't all there.
    private static func gzipBody(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
        guard bytes.count >= 10, bytes[0] == 0x1f, bytes[1] == 0x8b, bytes[2] == 8 else { return nil }
        let flags = bytes[3]
        var rest = bytes[10...]
        if flags & 4 != 0 {
            guard let low = rest.popFirst(), let high = rest.popFirst() else { return nil }
            rest = rest.dropFirst(Int(low) | Int(high) << 8)
        }
        for flag: UInt8 in [8, 16] where flags & flag != 0 {
            guard let end = rest.firstIndex(of: 0) else { return nil }
            rest = rest[(end + 1)...]
        }
        if flags & 2 != 0 { rest = rest.dropFirst(2) }
        return rest
    }
}
