import Diagnostics
import RuleSyntax

/// Splits a line of `ipset save` text into words as `build_argv` of `lib/ipset.c` does: blanks part words, double
/// quotes hold blanks and vanish, and a word that is empty vanishes too.
struct SetLineLexer {
    /// The buffer of `ipset restore` holds 1,024 bytes.
    static let longestLine = 1022
    static let mostWords = 31

    let file: SourceFile

    /// Nil if something is wrong with the line.
    func words(in line: SourceRange, _ diagnostics: inout DiagnosticCollector) -> [Word]? {
        guard line.upper - line.lower <= Self.longestLine else {
            diagnostics.error(
                "a line may be at most \(Self.longestLine) bytes long",
                at: SourceRange(line.upper, line.upper))
            return nil
        }
        var words: [Word] = []
        var offset = line.lower
        while offset < line.upper {
            if Self.isBlank(file.bytes[offset]) {
                offset += 1
                continue
            }
            guard let word = word(from: &offset, to: line.upper, &diagnostics) else { return nil }
            if !word.text.isEmpty { words.append(word) }
            guard words.count <= Self.mostWords else {
                diagnostics.error("a line may have at most \(Self.mostWords) words", at: word.range)
                return nil
            }
        }
        return words
    }

    private func word(
        from offset: inout Int, to end: Int, _ diagnostics: inout DiagnosticCollector
    ) -> Word? {
        let start = offset
        var quote: Int?
        var content: [UInt8] = []
        while offset < end, quote != nil || !Self.isBlank(file.bytes[offset]) {
            let byte = file.bytes[offset]
            if byte == UInt8(ascii: "\"") {
                quote = quote == nil ? offset : nil
            } else if byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7f {
                diagnostics.error("a control byte in a word", at: SourceRange(offset, offset + 1))
                return nil
            } else {
                content.append(byte)
            }
            offset += 1
        }
        if let quote {
            diagnostics.error("the quote is never closed", at: SourceRange(quote, end))
            return nil
        }
        let range = SourceRange(start, offset)
        let text = String(decoding: content, as: UTF8.self)
        if String(validating: content, as: UTF8.self) == nil {
            diagnostics.warning("not UTF-8; the strange bytes are read as U+FFFD", at: range)
        }
        return Word(text: text, range: range)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}
