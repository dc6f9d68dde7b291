public import Diagnostics

/// Reads `iptables-save` text line by line as `iptables-restore` 1.8.9 does (`iptables/iptables-restore.c`). More
/// lenient in two things: lines may end in CR LF, and the last line needs no newline. A file that holds commands
/// instead is read as a script.
public struct RuleFileParser {
    /// The buffer of `iptables-restore` holds 10,240 bytes.
    static let longestLine = 10_239

    private let file: SourceFile
    private let lexer: WordLexer

    public init(_ file: SourceFile) {
        self.file = file
        lexer = WordLexer(file: file)
    }

    public func parse(_ diagnostics: inout DiagnosticCollector) -> RuleFileSyntax {
        if ScriptRecognizer.isScript(file) { return parseScript(&diagnostics) }
        var lines: [LineSyntax] = []
        lines.reserveCapacity(file.lineCount)
        var hasCarriageReturn = false
        for number in 1...file.lineCount {
            let text = file.range(ofLine: number)
            let kind = diagnostics.isFull ? .invalid : parseLine(text, &diagnostics)
            let whole = wholeLine(number)
            if whole.upper > text.upper, !kind.isComment, !hasCarriageReturn {
                hasCarriageReturn = true
                diagnostics.error(
                    "a carriage return ends this line, as DOS writes them: iptables-restore takes it for part of the last word",
                    at: SourceRange(text.upper, whole.upper))
            }
            lines.append(LineSyntax(number: number, range: whole, kind: kind))
        }
        return RuleFileSyntax(file: file, lines: lines)
    }

    /// A line with a carriage return at its end, but without the newline.
    private func wholeLine(_ number: Int) -> SourceRange {
        SourceRange(
            file.range(ofLine: number).lower,
            number < file.lineCount ? file.range(ofLine: number + 1).lower - 1 : file.bytes.count)
    }

    private func parseScript(_ diagnostics: inout DiagnosticCollector) -> RuleFileSyntax {
        var parser = ScriptParser(file)
        let commands = parser.parse(&diagnostics)
        var kinds = [LineSyntax.Kind](repeating: .blank, count: file.lineCount)
        for number in 1...file.lineCount {
            let range = file.range(ofLine: number)
            let text = file.bytes[range.lower..<range.upper].drop(while: isBlank)
            if text.first == UInt8(ascii: "#") { kinds[number - 1] = .comment }
        }
        for command in commands.reversed() {
            let line = file.position(of: command.range.lower).line
            kinds[line - 1] = .command(CommandSyntax(counters: nil, words: command.words))
        }
        let lines = kinds.enumerated().map {
            LineSyntax(number: $0 + 1, range: wholeLine($0 + 1), kind: $1)
        }
        return RuleFileSyntax(file: file, lines: lines, script: commands, setCommands: parser.setCommands)
    }

    /// - Parameter range: without CR and LF.
    private func parseLine(_ range: SourceRange, _ diagnostics: inout DiagnosticCollector) -> LineSyntax.Kind
    {
        guard range.lower < range.upper else { return .blank }
        let first = file.bytes[range.lower]
        if first == UInt8(ascii: "#") { return .comment }
        guard isReadable(range, &diagnostics) else { return .invalid }
        switch first {
        case UInt8(ascii: "*"): return parseTable(range, &diagnostics)
        case UInt8(ascii: ":"): return parseChain(range, &diagnostics)
        default: return parseCommand(range, &diagnostics)
        }
    }

    private func isReadable(_ range: SourceRange, _ diagnostics: inout DiagnosticCollector) -> Bool {
        guard range.upper - range.lower <= Self.longestLine else {
            diagnostics.error(
                "a line may be at most \(Self.longestLine) bytes long; this one has \(range.upper - range.lower)",
                at: SourceRange(range.lower + Self.longestLine, range.lower + Self.longestLine))
            return false
        }
        for offset in range.lower..<range.upper {
            let byte = file.bytes[offset]
            if byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7f {
                let hex = String(byte, radix: 16)
                diagnostics.error(
                    "control byte 0x\(hex.utf8.count == 1 ? "0" : "")\(hex)",
                    at: SourceRange(offset, offset + 1))
                return false
            }
        }
        return true
    }

    private func parseTable(_ range: SourceRange, _ diagnostics: inout DiagnosticCollector) -> LineSyntax.Kind
    {
        let words = lexer.plainWords(in: SourceRange(range.lower + 1, range.upper), &diagnostics)
        guard let name = words.first else {
            diagnostics.error("the table's name is missing behind *", at: range)
            return .invalid
        }
        if words.count > 1 {
            diagnostics.warning("ignored: only a table's name belongs here", at: words[1].range)
        }
        return .table(name)
    }

    private func parseChain(_ range: SourceRange, _ diagnostics: inout DiagnosticCollector) -> LineSyntax.Kind
    {
        let words = lexer.plainWords(in: SourceRange(range.lower + 1, range.upper), &diagnostics)
        guard let name = words.first, name.text != "-" else {
            diagnostics.error("the chain's name is missing behind :", at: range)
            return .invalid
        }
        var counters: CountersSyntax?
        if words.count > 2 {
            counters = parseCounters(words[2].range)
            if counters == nil {
                diagnostics.warning("ignored: counters look like [packets:bytes]", at: words[2].range)
            }
        }
        if words.count > 3 {
            diagnostics.warning("ignored: nothing belongs behind counters", at: words[3].range)
        }
        return .chain(ChainSyntax(name: name, policy: words.count > 1 ? words[1] : nil, counters: counters))
    }

    private func parseCommand(_ range: SourceRange, _ diagnostics: inout DiagnosticCollector)
        -> LineSyntax.Kind
    {
        var rest = range
        var counters: CountersSyntax?
        if file.bytes[range.lower] == UInt8(ascii: "[") {
            guard let bracket = file.bytes[range.lower..<range.upper].firstIndex(of: UInt8(ascii: "]")) else {
                diagnostics.error("the bracket around the counters is never closed", at: range)
                return .invalid
            }
            rest.lower = bracket + 1
            let place = SourceRange(range.lower, rest.lower)
            counters = parseCounters(place)
            guard counters != nil || file.bytes[place.lower..<place.upper].contains(UInt8(ascii: ":")) else {
                diagnostics.error("counters look like [packets:bytes]", at: place)
                return .invalid
            }
            if counters == nil { diagnostics.warning("ignored: counters are two numbers", at: place) }
        }
        guard let words = lexer.words(in: rest, &diagnostics) else { return .invalid }
        guard let first = words.first else {
            diagnostics.error("no command on this line", at: range)
            return .invalid
        }
        if first.text == "COMMIT", rest == range {
            if range.upper == file.bytes.count {
                diagnostics.error(
                    "a newline must end this line: without it, iptables-restore refuses the file",
                    at: first.range, code: "FW006")
            }
            if first.range == range { return .commit }
            diagnostics.error("COMMIT must stand alone on its line, without blanks", at: range)
            return .commit
        }
        if first.text.utf8.first == UInt8(ascii: "#") {
            diagnostics.error("a comment must begin at the start of its line", at: first.range)
            return .invalid
        }
        if first.text == "-", words.count == 2 {
            diagnostics.error(
                "a chain's name is missing: it stands behind a colon, as in :NAME - [0:0]", at: range)
            return .invalid
        }
        guard first.text.utf8.first == UInt8(ascii: "-") || first.text == "!" else {
            return misspelt(words, &diagnostics)
        }
        return .command(CommandSyntax(counters: counters, words: words))
    }

    /// Reports a line that begins with none of the characters that lines begin with, and reads it as what it was most
    /// likely meant for, so that what follows makes sense.
    private func misspelt(_ words: [Word], _ diagnostics: inout DiagnosticCollector) -> LineSyntax.Kind {
        let first = words[0]
        func report(_ message: String, _ suggestion: String? = nil) {
            diagnostics.error(message, at: first.range, suggestion: suggestion)
        }
        let name = Word(text: first.text.filter { $0 != "*" && $0 != ":" }, range: first.range)
        if words.count == 1, Self.tables.contains(name.text) {
            report("a table's line begins with *", "*" + name.text)
            return .table(name)
        }
        if words.count > 1, ["-", "ACCEPT", "DROP"].contains(words[1].text) {
            report("a chain's line begins with a colon", ":" + name.text)
            return .chain(ChainSyntax(name: name, policy: words[1], counters: nil))
        }
        let isCommit = words.count == 1 && Spelling.closest(to: first.text, among: ["COMMIT"]) != nil
        report("expected a command such as -A CHAIN, not \"\(first.text)\"", isCommit ? "COMMIT" : nil)
        return isCommit ? .commit : .invalid
    }

    private static let tables: Set<String> = ["raw", "mangle", "nat", "filter", "security"]

    /// `[packets:bytes]`, the last bracket being optional as in `sscanf`; numbers over 64 bits become the largest, as `sscanf` reads them.
    private func parseCounters(_ range: SourceRange) -> CountersSyntax? {
        var inner = file.bytes[range.lower..<range.upper].dropFirst()
        if inner.last == UInt8(ascii: "]") { inner = inner.dropLast() }
        let parts = inner.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, file.bytes[range.lower] == UInt8(ascii: "["), let packets = number(parts[0]),
            let bytes = number(parts[1])
        else { return nil }
        return CountersSyntax(packets: packets, bytes: bytes, range: range)
    }

    private func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty else { return nil }
        var value: UInt64 = 0
        for byte in digits {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let (product, tooBig) = value.multipliedReportingOverflow(by: 10)
            let (sum, over) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            value = tooBig || over ? .max : sum
        }
        return value
    }
}

extension LineSyntax.Kind {
    fileprivate var isComment: Bool {
        if case .comment = self { true } else { false }
    }
}
