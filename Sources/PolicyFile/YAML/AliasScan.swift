import Diagnostics

/// Bounds what aliases can blow a text up to, before it is parsed: the parser compares keys by all that they hold.
///
/// Quotes aren't looked at, so that a place may be counted that is none; none is missed.
enum AliasScan {
    /// The first place of an alias over the limit, in a text that has an anchor.
    static func excess(in bytes: [UInt8], over limit: Int) -> SourceRange? {
        var hasAnchor = false
        var count = 0
        var excess: SourceRange?
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*") {
            guard index == 0 || canPrecedeToken(bytes[index - 1]), index + 1 < bytes.count,
                bytes[index + 1] > 0x20
            else { continue }
            if byte == UInt8(ascii: "&") {
                hasAnchor = true
            } else {
                count += 1
                if count == limit + 1 { excess = SourceRange(index, index + 1) }
            }
        }
        return hasAnchor ? excess : nil
    }

    /// Blanks, signs of YAML, and the last bytes of line breaks beyond ASCII and of the byte order mark.
    private static func canPrecedeToken(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte >= 0x80 || "[]{},:?-".utf8.contains(byte)
    }
}

enum UTF8Text {
    /// The offset of the first byte that belongs to no character.
    static func firstInvalid(_ bytes: [UInt8]) -> Int? {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): offset += UTF8.width(scalar)
            case .emptyInput: return nil
            case .error: return offset
            }
        }
    }
}
