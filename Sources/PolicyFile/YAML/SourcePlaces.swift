import Diagnostics
import Yams

/// The byte ranges of a text at the parser's marks, which count Unicode scalars.
struct SourcePlaces {
    private let file: SourceFile

    init(_ file: SourceFile) { self.file = file }

    /// Of the word that begins at a mark: up to a blank or a sign of YAML; at least one byte.
    func range(at mark: Mark) -> SourceRange {
        let lower = byteOffset(mark)
        let end = file.range(ofLine: line(mark)).upper
        var upper = lower
        while upper < end, !" \t,[]{}:".utf8.contains(file.bytes[upper]) { upper += 1 }
        return SourceRange(lower, max(upper, min(lower + 1, end), lower))
    }

    /// Of a scalar as far as it is on its first line.
    func range(ofScalarAt mark: Mark, isPlain: Bool, _ text: String) -> SourceRange {
        var lower = byteOffset(mark)
        let end = file.range(ofLine: line(mark)).upper
        // The mark of a value with an anchor or a tag is theirs.
        while lower < end, file.bytes[lower] == UInt8(ascii: "&") || file.bytes[lower] == UInt8(ascii: "!") {
            while lower < end, file.bytes[lower] != UInt8(ascii: " ") { lower += 1 }
            while lower < end, file.bytes[lower] == UInt8(ascii: " ") { lower += 1 }
        }
        guard lower < end else { return SourceRange(lower, lower) }
        if isPlain {
            let firstLine = text.utf8.prefix { $0 != UInt8(ascii: "\n") }.count
            return SourceRange(lower, min(lower + firstLine, end))
        }
        let quote = file.bytes[lower]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return range(at: mark) }
        var upper = lower + 1
        while upper < end, file.bytes[upper] != quote {
            upper += quote == UInt8(ascii: "\"") && file.bytes[upper] == UInt8(ascii: "\\") ? 2 : 1
        }
        return SourceRange(lower, min(upper + 1, end))
    }

    func byte(at mark: Mark) -> UInt8? {
        let offset = byteOffset(mark)
        return offset < file.bytes.count ? file.bytes[offset] : nil
    }

    /// In Unicode scalars from the text's beginning.
    func scalarOffset(_ mark: Mark) -> Int {
        file.text(SourceRange(0, byteOffset(mark))).unicodeScalars.count
    }

    func byteOffset(ofCharacter count: Int) -> Int {
        let text = file.text(SourceRange(0, file.bytes.count))
        return min(text.prefix(count).utf8.count, max(0, file.bytes.count - 1))
    }

    private func line(_ mark: Mark) -> Int { max(1, min(mark.line, file.lineCount)) }

    private func byteOffset(_ mark: Mark) -> Int {
        let line = file.range(ofLine: line(mark))
        var offset = line.lower
        var left = mark.column - 1
        while left > 0, offset < line.upper {
            offset += 1
            while offset < line.upper, file.bytes[offset] & 0xc0 == 0x80 { offset += 1 }
            left -= 1
        }
        return offset
    }
}
