import Diagnostics

/// The variables of a script, as far as its text says their values.
struct ShellVariables {
    /// Why a variable has no value.
    struct Problem: Error {
        let message: String
        let range: SourceRange
        /// The name that has no value.
        var missing: String?
    }

    enum Value {
        case text(String)
        case unknown(Problem)
    }

    /// Longer values, and more text out of variables in all, would let a small script take all memory.
    private static let longestValue = 1 << 16
    private static let mostText = 1 << 24

    private var values: [String: Value] = [:]
    private var textCount = 0

    mutating func set(_ name: String, to word: ShellWord) {
        var text = ""
        for piece in word.pieces {
            switch value(of: piece) {
            case .text(let part):
                if let problem = count(part, of: piece) {
                    values[name] = .unknown(problem)
                    return
                }
                text += part
            case .unknown(let problem):
                values[name] = .unknown(problem)
                return
            }
            guard text.utf8.count <= Self.longestValue else {
                values[name] = .unknown(
                    Problem(message: "the value of \(name) is too long", range: word.range))
                return
            }
        }
        values[name] = .text(text)
    }

    mutating func unset(_ name: String) { values[name] = nil }

    private mutating func count(_ text: String, of piece: ShellWord.Piece) -> Problem? {
        guard case .variable = piece.content else { return nil }
        textCount = min(textCount + text.utf8.count, Self.mostText + 1)
        guard textCount > Self.mostText else { return nil }
        return Problem(message: "the script takes too much text out of variables", range: piece.range)
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
            return .unknown(
                Problem(message: "$\(name) has no value here", range: piece.range, missing: name))
        }
    }

    /// The variable that a name without a value may have been meant for.
    func closest(to name: String) -> String? {
        guard values.count <= Spelling.mostCandidates else { return nil }
        return Spelling.closest(to: name, among: values.keys.sorted())
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
            if let problem = count(text, of: piece) { return .failure(problem) }
            switch piece.content {
            case .text, .variable(_, _, isQuoted: true), .needsShell: current.append(text, piece.range)
            case .variable:
                var isFirst = true
                for part in text.utf8.split(
                    omittingEmptySubsequences: false, whereSeparator: Self.isSeparator)
                {
                    if !isFirst { current.end(&fields) }
                    isFirst = false
                    if !part.isEmpty { current.append(String(Substring(part)), piece.range) }
                }
            }
        }
        current.end(&fields)
        if fields.count == 1 { fields[0] = fields[0].widened(to: word.range) }
        return .success(fields)
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { isBlank(byte) || byte == UInt8(ascii: "\n") }

    /// A word that is put together.
    private struct Field {
        /// Of more parts the places aren't kept apart.
        private static let mostOrigins = 64
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
            let isOnePiece = origins.count == 1 || origins.count > Self.mostOrigins
            fields.append(Word(text: text, range: range, origins: isOnePiece ? [] : origins))
            self = Field()
        }
    }
}

extension Word {
    /// With its quotes around it.
    fileprivate func widened(to whole: SourceRange) -> Word {
        guard range != whole else { return self }
        let origin = TextOrigin(bytes: 0..<text.utf8.count, range: range)
        return Word(text: text, range: whole, origins: origins.isEmpty ? [origin] : origins)
    }
}
