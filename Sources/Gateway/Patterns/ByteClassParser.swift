/// Reads a class (`[a-z_]`, `[^\s/]`) or an escape of a regular expression.
struct ByteClassParser {
    private let bytes: [UInt8]
    /// Behind what was read.
    private(set) var position: Int

    init(_ bytes: [UInt8], at position: Int) {
        self.bytes = bytes
        self.position = position
    }

    /// From the bracket that opens it to the one that closes it, which may stand first as a member.
    mutating func set() throws(RegularExpressionError) -> ByteSet {
        let start = position
        position += 1
        var set = ByteSet()
        let isInverted = peek == UInt8(ascii: "^")
        if isInverted { position += 1 }
        var isFirst = true
        while let byte = peek, byte != UInt8(ascii: "]") || isFirst {
            isFirst = false
            let lowerStart = position
            let lower = try member()
            guard peek == UInt8(ascii: "-"), position + 1 < bytes.count,
                bytes[position + 1] != UInt8(ascii: "]")
            else {
                set = set.union(lower.set)
                continue
            }
            position += 1
            let upper = try member()
            guard let first = lower.single, let last = upper.single, first <= last else {
                throw RegularExpressionError(
                    message: "a range goes from a byte to one that isn't less", range: lowerStart..<position)
            }
            set = set.union(ByteSet(first...last))
        }
        guard peek != nil else {
            throw RegularExpressionError(message: "'[' without ']'", range: start..<start + 1)
        }
        position += 1
        return isInverted ? set.inverted : set
    }

    private mutating func member() throws(RegularExpressionError) -> (set: ByteSet, single: UInt8?) {
        guard let byte = peek else { return (ByteSet(), nil) }
        if byte == UInt8(ascii: "\\") { return try escape() }
        if byte >= 0x80 {
            throw RegularExpressionError(
                message: "a class holds bytes, and this character has several: write (a|b)",
                range: position..<position + 1)
        }
        if byte == UInt8(ascii: "["), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: ":") {
            throw RegularExpressionError(
                message: "named classes aren't supported: write \\d, \\w, \\s or a range",
                range: position..<position + 2)
        }
        position += 1
        return (ByteSet(byte...byte), byte)
    }

    /// From the backslash on.
    mutating func escape() throws(RegularExpressionError) -> (set: ByteSet, single: UInt8?) {
        let start = position
        guard position + 1 < bytes.count else {
            throw RegularExpressionError(message: "'\\' at the end", range: start..<start + 1)
        }
        let byte = bytes[position + 1]
        position += 2
        switch byte {
        case UInt8(ascii: "d"): return (.digits, nil)
        case UInt8(ascii: "D"): return (ByteSet.digits.inverted, nil)
        case UInt8(ascii: "w"): return (.word, nil)
        case UInt8(ascii: "W"): return (ByteSet.word.inverted, nil)
        case UInt8(ascii: "s"): return (.space, nil)
        case UInt8(ascii: "S"): return (ByteSet.space.inverted, nil)
        case UInt8(ascii: "n"): return single(0x0a)
        case UInt8(ascii: "r"): return single(0x0d)
        case UInt8(ascii: "t"): return single(0x09)
        case UInt8(ascii: "f"): return single(0x0c)
        case UInt8(ascii: "v"): return single(0x0b)
        case UInt8(ascii: "x"):
            guard position + 1 < bytes.count, bytes[position] != UInt8(ascii: "+"),
                let value = UInt8(String(decoding: bytes[position..<position + 2], as: UTF8.self), radix: 16)
            else {
                throw RegularExpressionError(
                    message: "\\x takes two hexadecimal digits",
                    range: start..<min(position + 2, bytes.count))
            }
            position += 2
            return single(value)
        case _ where byte < 0x80 && !ByteSet.word.contains(byte): return single(byte)
        default:
            // The whole character, if it is more than one byte.
            var end = position
            while end < bytes.count, bytes[end] & 0xc0 == 0x80 { end += 1 }
            throw RegularExpressionError(
                message: "unknown escape '\(String(decoding: bytes[start..<end], as: UTF8.self))'",
                range: start..<end)
        }
    }

    private func single(_ byte: UInt8) -> (set: ByteSet, single: UInt8?) { (ByteSet(byte...byte), byte) }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }
}
