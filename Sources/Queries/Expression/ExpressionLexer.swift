import Diagnostics

/// A word or sign of an expression, and where it stands.
struct ExpressionToken: Hashable {
    var text: String
    var range: SourceRange
    /// Signs: `( ) { } , = != < <= > >=`.
    var isSign: Bool

    func isWord(_ word: String) -> Bool { !isSign && text.lowercased() == word }
}

/// Parts a text into words and signs. What is no sign is a word, up to the next blank or sign.
struct ExpressionLexer {
    static func tokens(_ file: SourceFile) -> [ExpressionToken] {
        let bytes = file.bytes
        var tokens: [ExpressionToken] = []
        var index = 0
        while index < bytes.count {
            let start = index
            if isBlank(bytes[index]) {
                index += 1
                continue
            }
            let length = signLength(bytes[index...])
            if length > 0 {
                index += length
            } else {
                while index < bytes.count, !isBlank(bytes[index]), signLength(bytes[index...]) == 0 { index += 1 }
            }
            let range = SourceRange(start, index)
            tokens.append(ExpressionToken(text: file.text(range), range: range, isSign: length > 0))
        }
        return tokens
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    private static func signLength(_ bytes: ArraySlice<UInt8>) -> Int {
        guard let first = bytes.first else { return 0 }
        let isFollowedByEquals = bytes.dropFirst().first == UInt8(ascii: "=")
        switch first {
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ","): return 1
        case UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: ">"): return isFollowedByEquals ? 2 : 1
        case UInt8(ascii: "!"): return isFollowedByEquals ? 2 : 1
        default: return 0
        }
    }
}
