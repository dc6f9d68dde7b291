import Diagnostics

/// Reads one word of a script.
struct ShellWordLexer {
    let bytes: [UInt8]
    var offset: Int
    private(set) var openQuote: Int?
    private var pieces: [ShellWord.Piece] = []
    private var isDamaged = false
    /// Text that was read and isn't a piece yet.
    private var text: [UInt8] = []
    private var textStart = 0

    init(bytes: [UInt8], offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    mutating func word() -> ShellWord {
        let start = offset
        textStart = offset
        while offset < bytes.count {
            let byte = bytes[offset]
            if let length = continuation(in: bytes, at: offset) {
                endText(isQuoted: false)
                offset += length
                textStart = offset
                continue
            }
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: ";"),
                UInt8(ascii: "&"),
                UInt8(ascii: "|"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "("), UInt8(ascii: ")"):
                return finish(start)
            case UInt8(ascii: "\r")
            where offset + 1 == bytes.count || bytes[offset + 1] == UInt8(ascii: "\n"):
                return finish(start)
            case UInt8(ascii: "'"): takeSingleQuotes()
            case UInt8(ascii: "\""): takeDoubleQuotes()
            case UInt8(ascii: "\\"):
                endText(isQuoted: false)
                offset += 1
                if offset < bytes.count { takeByte() }
                endText(isQuoted: true)
            case UInt8(ascii: "$"), UInt8(ascii: "`"): takeExpansion(isQuoted: false)
            default: takeByte()
            }
        }
        return finish(start)
    }

    private mutating func finish(_ start: Int) -> ShellWord {
        endText(isQuoted: false)
        let range = SourceRange(start, offset)
        for piece in pieces {
            guard case .text(let text, isQuoted: false) = piece.content, let open = text.firstIndex(of: "{"),
                let close = text[open...].firstIndex(of: "}")
            else { continue }
            if text[open..<close].contains(",") || text[open..<close].contains("..") {
                pieces = [.init(content: .needsShell("a brace expansion"), range: range)]
                break
            }
        }
        return ShellWord(pieces: pieces, range: range, isDamaged: isDamaged)
    }

    private mutating func takeByte() {
        text.append(bytes[offset])
        offset += 1
    }

    /// - Parameter isQuoted: then a piece is made of no text, too: `""` is an empty word.
    private mutating func endText(isQuoted: Bool) {
        defer {
            text = []
            textStart = offset
        }
        guard isQuoted || !text.isEmpty else { return }
        if String(validating: text, as: UTF8.self) == nil { isDamaged = true }
        pieces.append(
            .init(
                content: .text(String(decoding: text, as: UTF8.self), isQuoted: isQuoted),
                range: SourceRange(textStart, offset)))
    }

    private mutating func takeSingleQuotes() {
        endText(isQuoted: false)
        let quote = offset
        offset += 1
        textStart = offset
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "'") { takeByte() }
        endText(isQuoted: true)
        if offset < bytes.count { offset += 1 } else if openQuote == nil { openQuote = quote }
        textStart = offset
    }

    private mutating func takeDoubleQuotes() {
        endText(isQuoted: false)
        let quote = offset
        offset += 1
        textStart = offset
        var isEmpty = true
        while offset < bytes.count {
            if let length = continuation(in: bytes, at: offset) {
                if !text.isEmpty { endText(isQuoted: true) }
                offset += length
                textStart = offset
                continue
            }
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                if isEmpty || !text.isEmpty { endText(isQuoted: true) }
                offset += 1
                textStart = offset
                return
            case UInt8(ascii: "\\") where offset + 1 < bytes.count && isEscaped(bytes[offset + 1]):
                if !text.isEmpty { endText(isQuoted: true) }
                offset += 1
                takeByte()
                endText(isQuoted: true)
            case UInt8(ascii: "$"), UInt8(ascii: "`"):
                if !text.isEmpty { endText(isQuoted: true) }
                takeExpansion(isQuoted: true)
            default: takeByte()
            }
            isEmpty = false
        }
        endText(isQuoted: true)
        if openQuote == nil { openQuote = quote }
    }

    private func isEscaped(_ byte: UInt8) -> Bool {
        [UInt8(ascii: "$"), UInt8(ascii: "`"), UInt8(ascii: "\""), UInt8(ascii: "\\")].contains(byte)
    }

    // MARK: Expansions

    private mutating func takeExpansion(isQuoted: Bool) {
        let start = offset
        let content: ShellWord.Content
        if bytes[offset] == UInt8(ascii: "`") {
            offset += 1
            let inner = offset
            while offset < bytes.count, bytes[offset] != UInt8(ascii: "`") {
                offset += bytes[offset] == UInt8(ascii: "\\") ? 2 : 1
            }
            offset = min(offset, bytes.count)
            content = substitution(inner..<offset, isQuoted)
            offset = min(offset + 1, bytes.count)
        } else {
            offset += 1
            guard let found = dollar(isQuoted) else {
                text.append(UInt8(ascii: "$"))
                return
            }
            content = found
        }
        let end = offset
        let isPending = !text.isEmpty
        if isPending {
            offset = start
            endText(isQuoted: isQuoted)
            offset = end
        }
        pieces.append(.init(content: content, range: SourceRange(start, end)))
        textStart = offset
    }

    /// What stands behind a dollar; nil if the dollar is only that.
    private mutating func dollar(_ isQuoted: Bool) -> ShellWord.Content? {
        guard offset < bytes.count else { return nil }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return braces(isQuoted)
        case UInt8(ascii: "("):
            let isArithmetic = offset + 1 < bytes.count && bytes[offset + 1] == UInt8(ascii: "(")
            let inner = offset + 1
            skipParentheses()
            if isArithmetic { return .needsShell("an arithmetic expansion") }
            return substitution(inner..<max(inner, offset - 1), isQuoted)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "@"), UInt8(ascii: "*"), UInt8(ascii: "#"),
            UInt8(ascii: "?"), UInt8(ascii: "!"), UInt8(ascii: "-"), UInt8(ascii: "$"):
            let name = String(UnicodeScalar(bytes[offset]))
            offset += 1
            return .needsShell("$\(name), which is told to the script or by it,")
        case UInt8(ascii: "'") where !isQuoted: return .needsShell("a $'…' string")
        default:
            let start = offset
            while offset < bytes.count, ShellWord.isNameByte(bytes[offset]) { offset += 1 }
            guard offset > start else { return nil }
            return .variable(
                String(decoding: bytes[start..<offset], as: UTF8.self), nil, isQuoted: isQuoted)
        }
    }

    /// `${NAME}`, `${NAME:-text}`, `${NAME-text}`, where the text is plain.
    private mutating func braces(_ isQuoted: Bool) -> ShellWord.Content {
        let start = offset + 1
        var depth = 0
        repeat {
            if bytes[offset] == UInt8(ascii: "{") { depth += 1 }
            if bytes[offset] == UInt8(ascii: "}") { depth -= 1 }
            offset += 1
        } while offset < bytes.count && depth > 0 && bytes[offset] != UInt8(ascii: "\n")
        let inner = String(decoding: bytes[start..<max(start, offset - 1)], as: UTF8.self)
        if depth == 0 {
            let name = inner.prefix { $0.utf8.allSatisfy(ShellWord.isNameByte) }
            var rest = inner[name.endIndex...]
            if ShellWord.isName(name) {
                if rest.isEmpty { return .variable(String(name), nil, isQuoted: isQuoted) }
                let isForEmpty = rest.hasPrefix(":-")
                if isForEmpty { rest = rest.dropFirst() }
                if rest.hasPrefix("-"), !rest.utf8.contains(where: isSpecial) {
                    let fallback = ShellWord.Fallback(text: String(rest.dropFirst()), isForEmpty: isForEmpty)
                    return .variable(String(name), fallback, isQuoted: isQuoted)
                }
            }
        }
        return .needsShell("this kind of ${…}")
    }

    private func isSpecial(_ byte: UInt8) -> Bool {
        [
            UInt8(ascii: "$"), UInt8(ascii: "`"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"),
            UInt8(ascii: "{"),
        ].contains(byte)
    }

    /// To behind the parenthesis that closes the one at the offset.
    private mutating func skipParentheses() {
        var depth = 0
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            case UInt8(ascii: "\\"): offset += 1
            case UInt8(ascii: "'"):
                repeat { offset += 1 } while offset < bytes.count && bytes[offset] != UInt8(ascii: "'")
            case UInt8(ascii: "\""):
                repeat {
                    offset += offset < bytes.count && bytes[offset] == UInt8(ascii: "\\") ? 2 : 1
                } while offset < bytes.count && bytes[offset] != UInt8(ascii: "\"")
            default: break
            }
            offset = min(offset + 1, bytes.count)
            if depth == 0 { return }
        }
    }

    /// `which NAME` and `command -v NAME` name a program; any other command needs a shell.
    private func substitution(_ inner: Range<Int>, _ isQuoted: Bool) -> ShellWord.Content {
        let words = String(decoding: bytes[inner], as: UTF8.self).split { $0 == " " || $0 == "\t" }
        let name =
            words.count == 2 && words[0] == "which"
            ? words[1] : words.count == 3 && words[0] == "command" && words[1] == "-v" ? words[2] : nil
        if let name, name.utf8.allSatisfy({ ShellWord.isNameByte($0) || $0 == UInt8(ascii: "-") }) {
            return .text(String(name), isQuoted: isQuoted)
        }
        return .needsShell("a command substitution")
    }
}
