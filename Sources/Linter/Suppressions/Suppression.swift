import Diagnostics
import RuleSyntax

/// A comment that silences lints for one line: `# gatehouse: ignore=FW101,FW104 reason` before it, or
/// `-m comment --comment "reason lint:ignore=FW101"` in it, which `iptables-save` keeps.
struct Suppression {
    /// A code, or the beginning of codes.
    struct Entry {
        let code: String
        let range: SourceRange
        var isUsed = false
    }

    /// The line that it silences, from 1; nil if no line follows.
    let line: Int?
    var entries: [Entry]
    /// The whole comment line with its newline; nil for a comment in a rule.
    let commentLine: SourceRange?
    /// The marker up to the end of the codes.
    let range: SourceRange
    /// What keeps it from silencing anything.
    var complaint: String?

    /// All of a file, in its order.
    static func all(in syntax: RuleFileSyntax) -> [Suppression] {
        var found: [Suppression] = []
        /// Comments before the line that they are about.
        var waiting: [LineSyntax] = []
        for line in syntax.lines {
            switch line.kind {
            case .blank, .table, .commit, .invalid: continue
            case .comment: if comment(line, for: nil, in: syntax.file) != nil { waiting.append(line) }
            case .chain, .command:
                for comment in waiting {
                    found += [Suppression.comment(comment, for: line.number, in: syntax.file)].compactMap { $0 }
                }
                waiting = []
                if case .command(let command) = line.kind {
                    found += command.words.compactMap { inRule($0, line: line.number, in: syntax.file) }
                }
            }
        }
        return found + waiting.compactMap { comment($0, for: nil, in: syntax.file) }
    }

    private static func comment(_ line: LineSyntax, for target: Int?, in file: SourceFile) -> Suppression? {
        var text = ByteScanner(file, line.range)
        text.skip { $0 == UInt8(ascii: "#") || isBlank($0) }
        let start = text.offset
        guard text.take("gatehouse:") else { return nil }
        text.skip(isBlank)
        let whole = SourceRange(line.range.lower, min(line.range.upper + 1, file.bytes.count))
        guard text.take("ignore=") else {
            return Suppression(
                line: target, entries: [], commentLine: whole, range: SourceRange(start, line.range.upper),
                complaint: "write \"# gatehouse: ignore=FW101 reason\": this comment does nothing")
        }
        let entries = entries(&text)
        return Suppression(
            line: target, entries: entries, commentLine: whole, range: SourceRange(start, text.offset),
            complaint: entries.isEmpty
                ? "no codes behind ignore="
                : target == nil ? "no rule follows that this comment could be about" : nil)
    }

    private static func inRule(_ word: Word, line: Int, in file: SourceFile) -> Suppression? {
        var text = ByteScanner(file, word.range)
        guard text.find("lint:ignore=") else { return nil }
        let start = text.offset
        _ = text.take("lint:ignore=")
        let entries = entries(&text)
        return Suppression(
            line: line, entries: entries, commentLine: nil, range: SourceRange(start, text.offset),
            complaint: entries.isEmpty ? "no codes behind lint:ignore=" : nil)
    }

    /// Codes between commas, up to anything that isn't a letter, digit or dash.
    private static func entries(_ text: inout ByteScanner) -> [Entry] {
        var entries: [Entry] = []
        repeat {
            let start = text.offset
            text.skip { isCodeByte($0) }
            guard text.offset > start else { break }
            let range = SourceRange(start, text.offset)
            entries.append(Entry(code: text.file.text(range), range: range))
        } while text.take(",")
        return entries
    }

    private static func isCodeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

/// Walks over the bytes of a part of a file.
private struct ByteScanner {
    let file: SourceFile
    let end: Int
    var offset: Int

    init(_ file: SourceFile, _ range: SourceRange) {
        self.file = file
        end = range.upper
        offset = range.lower
    }

    mutating func skip(_ isSkipped: (UInt8) -> Bool) {
        while offset < end, isSkipped(file.bytes[offset]) { offset += 1 }
    }

    func isAt(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { file.bytes[offset..<end].starts(with: $0) }
    }

    mutating func take(_ text: StaticString) -> Bool {
        guard isAt(text) else { return false }
        offset += text.utf8CodeUnitCount
        return true
    }

    /// Goes to the first place of a text; stays at the end if there is none.
    mutating func find(_ text: StaticString) -> Bool {
        while offset < end, !isAt(text) { offset += 1 }
        return offset < end
    }
}
