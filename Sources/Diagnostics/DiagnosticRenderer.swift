/// Prints diagnostics as compilers do:
///
///     rules.v4:3:16: error: unknown option "--dprot"; did you mean --dport? [FW001]
///     -A INPUT -p tcp --dprot 80 -j ACCEPT
///                     ^~~~~~~
///     rules.v4:2:1: note: …
///
/// What users wrote is made safe for a terminal; a long source line is cut around the underlined part.
public struct DiagnosticRenderer: Sendable {
    private let usesColor: Bool
    private static let widestLine = 160

    public init(usesColor: Bool = false) {
        self.usesColor = usesColor
    }

    /// All of them in the order of their files' places, and a summary line behind; nothing for none.
    public func render(_ diagnostics: [Diagnostic]) -> String {
        guard !diagnostics.isEmpty else { return "" }
        let sorted = diagnostics.enumerated().sorted { a, b in
            let (first, second) = (a.element, b.element)
            if first.file.name != second.file.name { return first.file.name < second.file.name }
            if first.range.lower != second.range.lower { return first.range.lower < second.range.lower }
            return a.offset < b.offset
        }
        var text = ""
        for (_, diagnostic) in sorted { append(diagnostic, to: &text) }
        if let summary = summary(diagnostics) { text += summary + "\n" }
        return text
    }

    /// `3 errors, 1 warning, 1 info`; nil if there is none of them.
    public func summary(_ diagnostics: [Diagnostic]) -> String? {
        func count(_ severity: Diagnostic.Severity) -> String? {
            let count = diagnostics.count { $0.severity == severity }
            return count == 0 ? nil : "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
        }
        let parts = [count(.error), count(.warning), count(.info)].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private func append(_ diagnostic: Diagnostic, to text: inout String) {
        var message = diagnostic.message
        if let suggestion = diagnostic.suggestion { message += "; did you mean \(suggestion)?" }
        if !diagnostic.code.isEmpty { message += " [\(diagnostic.code)]" }
        appendHead(diagnostic.severity, message, diagnostic.file, diagnostic.range, to: &text)
        appendSource(diagnostic.file, diagnostic.range, to: &text)
        for note in diagnostic.notes {
            appendHead(.note, note.message, diagnostic.file, note.range ?? diagnostic.range, to: &text)
            if let range = note.range { appendSource(diagnostic.file, range, to: &text) }
        }
    }

    private func appendHead(
        _ severity: Diagnostic.Severity, _ message: String, _ file: SourceFile, _ range: SourceRange,
        to text: inout String
    ) {
        let position = file.position(of: range.lower)
        let place = "\(SafeText.line(file.name)):\(position.line):\(position.column):"
        let color =
            switch severity {
            case .error: "31"
            case .warning: "35"
            case .info: "34"
            case .note: "36"
            }
        text += "\(styled(place, "1")) \(styled(severity.rawValue + ":", "1;" + color)) "
        text += styled(SafeText.line(message), "1") + "\n"
    }

    /// The line in which a range begins, and a caret and tildes below it.
    private func appendSource(_ file: SourceFile, _ range: SourceRange, to text: inout String) {
        let line = file.range(ofLine: file.position(of: range.lower).line)
        let window = window(line, around: range, in: file)
        var source = window.lower > line.lower ? "…" : ""
        var column = source.isEmpty ? 0 : 1
        var caretStart: Int?
        var caretEnd = 0
        var offset = window.lower
        for character in file.text(window).unicodeScalars {
            let cell = SafeText.cell(character, atColumn: column)
            if offset >= range.lower, offset < range.upper || caretStart == nil {
                if caretStart == nil { caretStart = column }
                if offset < range.upper { caretEnd = column + cell.width }
            }
            source += cell.text
            column += cell.width
            offset += character == "\u{fffd}" ? byteCount(file, offset) : character.utf8.count
        }
        if window.upper < line.upper { source += "…" }
        let start = caretStart ?? column
        let tildes = max(caretEnd, start + 1) - start - 1
        let underline = "^" + String(repeating: "~", count: tildes)
        text += "\(source)\n\(String(repeating: " ", count: start))\(styled(underline, "1;32"))\n"
    }

    /// The bytes that one U+FFFD stands for: three if the file has it, else a maximal invalid part.
    private func byteCount(_ file: SourceFile, _ offset: Int) -> Int {
        let bytes = file.bytes[offset..<min(offset + 4, file.bytes.count)]
        var decoder = UTF8()
        var rest = bytes.makeIterator()
        if case .scalarValue = decoder.decode(&rest) { return 3 }
        var length = 1
        while length < bytes.count {
            let longer = String(decoding: bytes.prefix(length + 1), as: UTF8.self)
            if longer.unicodeScalars.count > 1 { break }
            length += 1
        }
        return length
    }

    /// The part of a line to show: all of it, or as much as is wide enough, cut between characters.
    private func window(_ line: SourceRange, around range: SourceRange, in file: SourceFile) -> SourceRange {
        guard line.upper - line.lower > Self.widestLine else { return line }
        var lower = max(line.lower, min(range.lower - Self.widestLine / 2, line.upper - Self.widestLine))
        var upper = min(line.upper, lower + Self.widestLine)
        for _ in 0..<3 where lower > line.lower && isContinuation(file.bytes[lower]) { lower -= 1 }
        for _ in 0..<3 where upper < line.upper && isContinuation(file.bytes[upper]) { upper += 1 }
        return SourceRange(lower, upper)
    }

    private func isContinuation(_ byte: UInt8) -> Bool { byte & 0xc0 == 0x80 }

    private func styled(_ text: String, _ style: String) -> String {
        usesColor ? "\u{1b}[\(style)m\(text)\u{1b}[0m" : text
    }
}
