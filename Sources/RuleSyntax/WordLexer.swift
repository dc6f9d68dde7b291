import Diagnostics

/// Splits a line into words as `add_param_to_argv` (`iptables/xshared.c`) does: blanks part words; double quotes
/// hold blanks, and their end ends the word; a backslash escapes only inside quotes; single quotes mean nothing.
struct WordLexer {
    /// `xt_param_buf` holds 1,024 bytes.
    static let longestWord = 1023
    /// `MAX_ARGC` less what `iptables-restore` puts before a line's words.
    static let mostWords = 251

    let file: SourceFile

    func words(in line: SourceRange, _ diagnostics: inout DiagnosticCollector) -> [Word]? {
        let bytes = file.bytes
        var words: [Word] = []
        words.reserveCapacity(16)
        var offset = line.lower
        while true {
            while offset < line.upper, isBlank(bytes[offset]) { offset += 1 }
            guard offset < line.upper else { break }
            let start = offset
            while offset < line.upper, !isBlank(bytes[offset]), bytes[offset] != UInt8(ascii: "\"") {
                offset += 1
            }
            var content = bytes[start..<offset]
            if offset < line.upper, bytes[offset] == UInt8(ascii: "\"") {
                let quote = offset
                guard let quoted = quotedText(from: &offset, to: line.upper) else {
                    diagnostics.error(
                        "the quote is never closed", at: SourceRange(quote, line.upper),
                        notes: [.init("inside quotes a backslash makes the next character ordinary: \\\"")])
                    return nil
                }
                content = content + quoted
            }
            let range = SourceRange(start, offset)
            guard content.count <= Self.longestWord else {
                diagnostics.error("a word may be at most \(Self.longestWord) bytes long", at: range)
                return nil
            }
            guard words.count < Self.mostWords else {
                diagnostics.error("a line may have at most \(Self.mostWords) words", at: range)
                return nil
            }
            words.append(Word(text: text(content, at: range, &diagnostics), range: range))
        }
        return words
    }

    /// Words parted by blanks alone, as `strtok` takes them in `*table` and `:CHAIN` lines.
    func plainWords(in line: SourceRange, _ diagnostics: inout DiagnosticCollector) -> [Word] {
        var words: [Word] = []
        var offset = line.lower
        while true {
            while offset < line.upper, isBlank(file.bytes[offset]) { offset += 1 }
            guard offset < line.upper, words.count < Self.mostWords else { return words }
            let start = offset
            while offset < line.upper, !isBlank(file.bytes[offset]) { offset += 1 }
            let range = SourceRange(start, offset)
            words.append(Word(text: text(file.bytes[start..<offset], at: range, &diagnostics), range: range))
        }
    }

    /// - Parameter offset: at the opening quote; moved behind the closing one.
    private func quotedText(from offset: inout Int, to end: Int) -> [UInt8]? {
        var content: [UInt8] = []
        offset += 1
        while offset < end {
            let byte = file.bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "\"") { return content }
            if byte == UInt8(ascii: "\\") {
                guard offset < end else { return nil }
                content.append(file.bytes[offset])
                offset += 1
            } else {
                content.append(byte)
            }
        }
        return nil
    }

    private func text(
        _ bytes: ArraySlice<UInt8>, at range: SourceRange, _ diagnostics: inout DiagnosticCollector
    ) -> String {
        if !bytes.allSatisfy({ $0 < 0x80 }), String(validating: bytes, as: UTF8.self) == nil {
            diagnostics.warning("not UTF-8; the strange bytes are read as U+FFFD", at: range)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
