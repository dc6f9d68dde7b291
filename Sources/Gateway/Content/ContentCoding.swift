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
        case "gzip", "x-gzip": return Inflate.prefix(of: bytes, .gzip, limit: limit)
        case "deflate":
            // Meant is zlib's format (RFC 1950); some servers send it bare.
            let hasHeader =
                bytes.count >= 2 && bytes[0] & 0x0f == 8 && (Int(bytes[0]) << 8 | Int(bytes[1])) % 31 == 0
            return Inflate.prefix(of: bytes, hasHeader ? .zlib : .bare, limit: limit)
        default: return nil
        }
    }
}
