import Diagnostics

/// A word of a script before its variables have values.
struct ShellWord {
    enum Content: Equatable {
        case text(String, isQuoted: Bool)
        /// `$NAME`, `${NAME}`, or one with a fallback.
        case variable(String, Fallback?, isQuoted: Bool)
        /// What only a shell can give a value: the text says what it is.
        case needsShell(String)
    }

    /// `${NAME-text}`, or `${NAME:-text}`, which is for an empty value, too.
    struct Fallback: Equatable {
        let text: String
        let isForEmpty: Bool
    }

    struct Piece {
        let content: Content
        let range: SourceRange
    }

    var pieces: [Piece]
    var range: SourceRange
    /// Whether bytes of it were no UTF-8.
    var isDamaged = false

    /// The text of a word that has neither quotes nor variables, such as a keyword; nil for others.
    var plainText: String? {
        guard pieces.count == 1, case .text(let text, isQuoted: false) = pieces[0].content else { return nil }
        return text
    }

    /// The words parted: the name before the `=`, and what is behind it. Nil for a word that is no assignment.
    var assignment: (name: String, value: ShellWord)? {
        guard let first = pieces.first, case .text(let text, isQuoted: false) = first.content,
            let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")),
            ShellWord.isName(text[..<equals])
        else { return nil }
        let length = text.utf8.distance(from: text.startIndex, to: equals) + 1
        let rest = String(text[text.utf8.index(after: equals)...])
        var value = ShellWord(
            pieces: Array(pieces.dropFirst()),
            range: SourceRange(min(range.lower + length, range.upper), range.upper), isDamaged: isDamaged)
        if !rest.isEmpty {
            let lower = min(first.range.lower + length, first.range.upper)
            value.pieces.insert(
                Piece(content: .text(rest, isQuoted: false), range: SourceRange(lower, first.range.upper)),
                at: 0)
        }
        return (String(text[..<equals]), value)
    }

    static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, isNameByte(first), !(0x30...0x39).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy(isNameByte)
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// What the lexer finds in a script.
enum ShellToken {
    case word(ShellWord)
    /// A newline, `;`, `&&`, `||`, `|`, `&`, `(`, `)`.
    case separator(Separator, SourceRange)
    /// `>`, `2>>`, `<`, `<<`, `>&`: the target follows as a word. Here-documents are skipped.
    case redirection(Redirection, SourceRange)
    case end

    enum Separator {
        case newline, semicolon, and, or, pipe, background, open, close
    }

    struct Redirection {
        var isInput: Bool
        /// The number before it; nil if there is none. 1 and 2 together (`&>`) are -1.
        var descriptor: Int?
        /// `>&`, `<&`
        var isDuplicate = false
    }
}
