import Diagnostics

/// The variables of a script, as far as its text says their values.
struct ShellVariables {
    /// Why a variable has no value.
    struct Problem {
        let message: String
        let range: SourceRange
        var suggestion: String?
    }

    enum Value {
        case text(String)
        case unknown(Problem)
    }

    /// Longer values, and more text in all, would let a small script take all memory.
    static let longestValue = 1 << 16
    static let mostText = 1 << 25

    private var values: [String: Value] = [:]
    private var textCount = 0

    mutating func set(_ name: String, to word: ShellWord) {
        var text = ""
        for piece in word.pieces {
            switch value(of: piece) {
            case .text(let part): text += part
            case .unknown(let problem):
                values[name] = .unknown(problem)
                return
            }
            guard text.utf8.count <= Self.longestValue, count(text) else {
                values[name] = .unknown(
                    Problem(message: "the value of \(name) is too long", range: word.range))
                return
            }
        }
        values[name] = .text(text)
    }

    mutating func unset(_ name: String) { values[name] = nil }

    private mutating func count(_ text: String) -> Bool {
        guard textCount <= Self.mostText else { return false }
        textCount += text.utf8.count
        return textCount <= Self.mostText
    }

    private func value(of piece: ShellWord.Piece) -> Value {
        switch piece.content {
        case .text(let text, _): return .text(text)
        case .needsShell(let what):
            return .unknown(Problem(message: "\(what) needs a shell", range: piece.range))
        case .variable(let name, let fallback, _):
            if let value = values[name] {
                guard case .text("") = value, let fallback, fallback.isForEmpty else { return value }
                return .text(fallback.text)
            }
            if let fallback { return .text(fallback.text) }
            let near = Spelling.closest(to: name, among: values.keys.sorted())
            return .unknown(
                Problem(
                    message: "$\(name) has no value here", range: piece.range,
                    suggestion: near.map { "$\($0)" }))
        }
    }

    /// The words that one word of a command becomes: none, or several where a variable holds blanks.
    mutating func expand(_ word: ShellWord) -> Result<[Word], Problem> {
        var fields: [Word] = []
        var current = Field()
        for piece in word.pieces {
            let text: String
            switch value(of: piece) {
            case .text(let value): text = value
            case .unknown(let problem): return .failure(problem)
            }
            guard count(text) else {
                return .failure(Problem(message: "the script's variables grow too long", range: piece.range))
            }
            switch piece.content {
            case .text, .variable(_, _, isQuoted: true), .needsShell: current.append(text, piece.range)
            case .variable:
                var isFirst = true
                for part in text.split(omittingEmptySubsequences: false, whereSeparator: Self.isSeparator) {
                    if !isFirst { current.end(&fields) }
                    isFirst = false
                    if !part.isEmpty { current.append(String(part), piece.range) }
                }
            }
        }
        current.end(&fields)
        if fields.count == 1 {
            // With its quotes.
            fields[0] = Word(text: fields[0].text, range: word.range, origins: fields[0].origins)
        }
        return .success(fields)
    }

    private static func isSeparator(_ character: Character) -> Bool {
        character == " " || character == "\t" || character == "\n"
    }

    /// A word that is put together.
    private struct Field {
        private var text = ""
        private var origins: [TextOrigin] = []

        mutating func append(_ part: String, _ range: SourceRange) {
            let start = text.utf8.count
            text += part
            origins.append(TextOrigin(bytes: start..<text.utf8.count, range: range))
        }

        mutating func end(_ fields: inout [Word]) {
            guard let first = origins.first else { return }
            let range = origins.reduce(first.range) { $0.union($1.range) }
            fields.append(Word(text: text, range: range, origins: origins))
            self = Field()
        }
    }
}

extension ShellVariables.Problem: Error {}
