import Diagnostics

/// Splits a script into words and operators as `sh` does (POSIX.1-2017, Shell Command Language, 2.2 to 2.7). It never
/// reports: what only a shell can do is marked in the words.
struct ShellLexer {
    let bytes: [UInt8]
    private(set) var offset = 0
    /// The ends of here-documents that begin behind the line.
    private var hereDocuments: [(end: [UInt8], stripsTabs: Bool)] = []
    /// Where a quote begins that is never closed.
    private(set) var openQuote: Int?

    init(_ file: SourceFile) { bytes = file.bytes }

    mutating func next() -> ShellToken {
        skipBlanks()
        guard offset < bytes.count else { return .end }
        let start = offset
        func token(_ separator: ShellToken.Separator) -> ShellToken {
            .separator(separator, SourceRange(start, offset))
        }
        switch bytes[offset] {
        case UInt8(ascii: "\n"):
            offset += 1
            skipHereDocuments()
            return .separator(.newline, SourceRange(start, start + 1))
        case UInt8(ascii: ";"):
            while offset < bytes.count, bytes[offset] == UInt8(ascii: ";") { offset += 1 }
            return token(.semicolon)
        case UInt8(ascii: "|"):
            offset += 1
            if take("|") { return token(.or) }
            _ = take("&")
            return token(.pipe)
        case UInt8(ascii: "&"):
            offset += 1
            if take("&") { return token(.and) }
            if take(">") {
                _ = take(">")
                return .redirection(.init(isInput: false, descriptor: -1), SourceRange(start, offset))
            }
            return token(.background)
        case UInt8(ascii: "("):
            offset += 1
            return token(.open)
        case UInt8(ascii: ")"):
            offset += 1
            return token(.close)
        case UInt8(ascii: "<"), UInt8(ascii: ">"): return redirection(from: start, descriptor: nil)
        default: break
        }
        var digits = offset
        while digits < bytes.count, digits < start + 3, (0x30...0x39).contains(bytes[digits]) { digits += 1 }
        if digits > start, digits < bytes.count,
            [UInt8(ascii: "<"), UInt8(ascii: ">")].contains(bytes[digits])
        {
            let descriptor = Int(String(decoding: bytes[start..<digits], as: UTF8.self))
            offset = digits
            return redirection(from: start, descriptor: descriptor)
        }
        var word = ShellWordLexer(bytes: bytes, offset: offset)
        let read = word.word()
        offset = word.offset
        if openQuote == nil { openQuote = word.openQuote }
        return .word(read)
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: byte) else { return false }
        offset += 1
        return true
    }

    /// Blanks, comments, and ends of lines behind a backslash.
    private mutating func skipBlanks() {
        while offset < bytes.count {
            if let length = continuation(in: bytes, at: offset) {
                offset += length
            } else if isBlank(bytes[offset]) || isReturn(offset) {
                offset += 1
            } else if bytes[offset] == UInt8(ascii: "#") {
                while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
            } else {
                return
            }
        }
    }

    private func isReturn(_ offset: Int) -> Bool {
        bytes[offset] == UInt8(ascii: "\r")
            && (offset + 1 == bytes.count || bytes[offset + 1] == UInt8(ascii: "\n"))
    }

    private mutating func redirection(from start: Int, descriptor: Int?) -> ShellToken {
        let isInput = bytes[offset] == UInt8(ascii: "<")
        offset += 1
        var redirection = ShellToken.Redirection(isInput: isInput, descriptor: descriptor)
        if isInput, take("<") {
            if take("<") { return .redirection(redirection, SourceRange(start, offset)) }
            let stripsTabs = take("-")
            while offset < bytes.count, isBlank(bytes[offset]) { offset += 1 }
            var word = ShellWordLexer(bytes: bytes, offset: offset)
            let end = word.word().pieces.compactMap { piece in
                if case .text(let text, _) = piece.content { text } else { nil }
            }
            hereDocuments.append((Array(end.joined().utf8), stripsTabs))
            return .redirection(redirection, SourceRange(start, offset))
        }
        if take("&") {
            redirection.isDuplicate = true
        } else {
            _ = take(">") || take("|")
        }
        return .redirection(redirection, SourceRange(start, offset))
    }

    private mutating func skipHereDocuments() {
        for (end, stripsTabs) in hereDocuments {
            while offset < bytes.count {
                var line = bytes[offset...].prefix { $0 != UInt8(ascii: "\n") }
                offset = min(bytes.count, line.endIndex + 1)
                if stripsTabs { line = line.drop { $0 == UInt8(ascii: "\t") } }
                if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
                if line.elementsEqual(end) { break }
            }
        }
        hereDocuments = []
    }
}

/// The length of a backslash and the end of line that it takes away; nil where there is none.
func continuation(in bytes: [UInt8], at offset: Int) -> Int? {
    guard bytes[offset] == UInt8(ascii: "\\"), offset + 1 < bytes.count else { return nil }
    if bytes[offset + 1] == UInt8(ascii: "\n") { return 2 }
    guard bytes[offset + 1] == UInt8(ascii: "\r"), offset + 2 < bytes.count,
        bytes[offset + 2] == UInt8(ascii: "\n")
    else { return nil }
    return 3
}
