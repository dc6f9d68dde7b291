public import Diagnostics

/// Reads an expression, and says all that is wrong with it.
public struct ExpressionParser {
    /// A text of more bytes, or deeper in parentheses and `not`, is no question that a person asks.
    private static let mostBytes = 1 << 14
    private static let deepest = 64

    private let tokens: [ExpressionToken]
    private var next = 0
    private var depth = 0
    private var diagnostics: DiagnosticCollector

    private init(_ file: SourceFile) {
        tokens = ExpressionLexer.tokens(file)
        diagnostics = DiagnosticCollector(file: file)
    }

    /// Nil if there are errors.
    public static func parse(_ file: SourceFile) -> (expression: QueryExpression?, diagnostics: [Diagnostic]) {
        guard file.bytes.count <= mostBytes else {
            var diagnostics = DiagnosticCollector(file: file)
            diagnostics.error(
                "an expression has at most \(mostBytes) bytes", at: SourceRange(mostBytes, mostBytes))
            return (nil, diagnostics.diagnostics)
        }
        var parser = ExpressionParser(file)
        let expression = parser.any()
        if let expression, parser.diagnostics.errorCount == 0, let rest = parser.peek {
            _ = expression
            parser.report("expected 'and', 'or' or the end, not '\(rest.text)'", rest, among: ["and", "or"])
        }
        return (parser.diagnostics.errorCount == 0 ? expression : nil, parser.diagnostics.diagnostics)
    }

    private var peek: ExpressionToken? { next < tokens.count ? tokens[next] : nil }

    private var end: SourceRange {
        let count = diagnostics.file.bytes.count
        return SourceRange(count, count)
    }

    private mutating func report(_ message: String, _ token: ExpressionToken?, among words: [String] = []) {
        diagnostics.error(
            message, at: token?.range ?? end, code: "",
            suggestion: token.flatMap { Spelling.closest(to: $0.text, among: words) })
    }

    private mutating func take(_ sign: String) -> Bool {
        guard let token = peek, token.isSign, token.text == sign else { return false }
        next += 1
        return true
    }

    private mutating func takeWord(_ word: String) -> Bool {
        guard let token = peek, token.isWord(word) else { return false }
        next += 1
        return true
    }

    // MARK: Grammar

    private mutating func any() -> QueryExpression? {
        guard let first = all() else { return nil }
        var parts = [first]
        while takeWord("or") {
            guard let part = all() else { return nil }
            parts.append(part)
        }
        return parts.count == 1 ? first : .any(parts)
    }

    private mutating func all() -> QueryExpression? {
        guard let first = unary() else { return nil }
        var parts = [first]
        while takeWord("and") {
            guard let part = unary() else { return nil }
            parts.append(part)
        }
        return parts.count == 1 ? first : .all(parts)
    }

    private mutating func unary() -> QueryExpression? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= ExpressionParser.deepest else {
            report("an expression is at most \(ExpressionParser.deepest) parentheses and 'not' deep", peek)
            return nil
        }
        if takeWord("not") || take("!") { return unary().map { .not($0) } }
        if take("(") {
            guard let inner = any() else { return nil }
            guard take(")") else {
                report("expected ')'", peek)
                return nil
            }
            return inner
        }
        return test()
    }

    private mutating func test() -> QueryExpression? {
        let fields = QueryField.allCases.map(\.rawValue)
        guard let word = peek, !word.isSign else {
            report("expected a field: \(fields.joined(separator: " "))", peek)
            return nil
        }
        next += 1
        let field = QueryField(rawValue: word.text.lowercased())
        if field == nil {
            report("there is no field '\(word.text)'; there is \(fields.joined(separator: " "))", word, among: fields)
        }
        guard let comparison = comparison(), let values = values() else { return nil }
        guard let field else { return .all([]) }
        return read(field, comparison, values)
    }

    private mutating func comparison() -> QueryComparison? {
        let signs: [(String, QueryComparison)] = [
            ("=", .equal), ("==", .equal), ("!=", .notEqual), ("<", .less), ("<=", .atMost), (">", .greater),
            (">=", .atLeast),
        ]
        for (sign, comparison) in signs where take(sign) { return comparison }
        if takeWord("in") { return .equal }
        if let word = peek, word.isWord("not"), next + 1 < tokens.count, tokens[next + 1].isWord("in") {
            next += 2
            return .notEqual
        }
        report("expected '=', '!=', 'in', '<' or '>'", peek)
        return nil
    }

    /// One value, or several in braces.
    private mutating func values() -> [ExpressionToken]? {
        guard take("{") else {
            guard let word = peek, !word.isSign else {
                report("expected a value", peek)
                return nil
            }
            next += 1
            return commaSeparated(word)
        }
        var values: [ExpressionToken] = []
        while true {
            guard let word = peek, !word.isSign else {
                report("expected a value", peek)
                return nil
            }
            values.append(word)
            next += 1
            if take("}") { return values }
            guard take(",") else {
                report("expected ',' or '}'", peek)
                return nil
            }
        }
    }

    /// `80,443` without braces, as in a rule.
    private mutating func commaSeparated(_ first: ExpressionToken) -> [ExpressionToken]? {
        var values = [first]
        while take(",") {
            guard let word = peek, !word.isSign else {
                report("expected a value behind ','", peek)
                return nil
            }
            values.append(word)
            next += 1
        }
        return values
    }

    private mutating func read(
        _ field: QueryField, _ comparison: QueryComparison, _ values: [ExpressionToken]
    ) -> QueryExpression? {
        var reader = ValueReader(field, comparison)
        var parts: [QueryExpression] = []
        for value in values {
            switch reader.read(value.text) {
            case .success(let part): parts.append(part)
            case .failure(let complaint):
                diagnostics.error(
                    complaint.message, at: value.range, code: "", suggestion: complaint.suggestion)
            }
            if diagnostics.isFull { return nil }
        }
        // What has errors is read on, so that all of them are found in one run.
        let test: QueryExpression = parts.count == 1 ? parts[0] : .any(parts)
        return comparison == .notEqual ? .not(test) : test
    }
}

enum QueryComparison: Hashable {
    case equal, notEqual, less, atMost, greater, atLeast
}
