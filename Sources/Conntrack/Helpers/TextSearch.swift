internal import Packets

/// The part of a text protocol's message that is looked at: reading it as the kernel's string functions do, of which
/// letters are those of Latin-1.
struct TextSearch {
    let bytes: [UInt8]
    /// Behind the last byte that may be read; never beyond `bytes`.
    var limit: Int

    init(_ bytes: [UInt8], limit: Int? = nil) {
        self.bytes = bytes
        self.limit = min(limit ?? bytes.count, bytes.count)
    }

    /// The byte at an offset; nil at and behind the limit.
    subscript(offset: Int) -> UInt8? { offset < limit ? bytes[offset] : nil }

    /// `isalpha`
    func isLetter(_ offset: Int) -> Bool {
        guard let byte = self[offset] else { return false }
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): return true
        case 0xd7, 0xf7: return false
        default: return byte >= 0xc0
        }
    }

    /// `isdigit`
    func isDigit(_ offset: Int) -> Bool {
        guard let byte = self[offset] else { return false }
        return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    func isLineEnd(_ offset: Int) -> Bool {
        self[offset] == UInt8(ascii: "\r") || self[offset] == UInt8(ascii: "\n")
    }

    func isBlank(_ offset: Int) -> Bool {
        self[offset] == UInt8(ascii: " ") || self[offset] == UInt8(ascii: "\t")
    }

    func lettersEnd(from offset: Int) -> Int {
        var end = offset
        while isLetter(end) { end += 1 }
        return end
    }

    func digitsEnd(from offset: Int) -> Int {
        var end = offset
        while isDigit(end) { end += 1 }
        return end
    }

    /// Whether a word stands there, in whatever case if it is said (`strncasecmp`).
    func has(_ word: StaticString, at offset: Int, anyCase: Bool = true) -> Bool {
        let count = word.utf8CodeUnitCount
        guard offset >= 0, count <= limit - offset else { return false }
        return word.withUTF8Buffer { word in
            for index in 0..<count {
                let byte = bytes[offset + index]
                if byte == word[index] { continue }
                guard anyCase, byte ^ word[index] == 0x20, isLetter(offset + index) else { return false }
            }
            return true
        }
    }

    /// A decimal number of at most 11 digits and 32 bits (`sip_strtouint`).
    /// - Returns: nil where there is none, or one that is too large.
    func number(at offset: Int) -> (value: UInt32, end: Int)? {
        var value: UInt64 = 0
        var end = offset
        while isDigit(end) {
            guard end - offset < 11 else { return nil }
            value = value * 10 + UInt64(bytes[end] - UInt8(ascii: "0"))
            guard value <= UInt64(UInt32.max) else { return nil }
            end += 1
        }
        return end == offset ? nil : (UInt32(value), end)
    }
}
