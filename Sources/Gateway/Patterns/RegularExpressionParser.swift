/// Reads a regular expression over bytes: literal characters, `.`, classes (`[a-z]`, `[^/]`), groups, `|`, the
/// repetitions `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`, and the escapes `\d \D \w \W \s \S \n \r \t \f \v \xHH` and of
/// punctuation. It is anchored; a `^` at its start and a `$` at its end are taken and mean nothing. What can't be
/// decided in linear time (back references, looking around) is an error.
struct RegularExpressionParser {
    static let programLimit = 4_000
    private static let depthLimit = 50
    private static let repetitionLimit = 1_000

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func automaton(ignoringCase: Bool) throws(RegularExpressionError) -> ByteAutomaton {
        _ = take("^")
        let expression = try alternation()
        if position < bytes.count { throw error("')' without '('", 1) }
        var automaton = ByteAutomaton()
        guard
            expression.append(
                to: &automaton, ignoringCase: ignoringCase, limit: RegularExpressionParser.programLimit)
        else {
            position = 0
            throw error(
                "the regular expression is too large once its repetitions are written out", bytes.count)
        }
        automaton.append(.accept)
        return automaton
    }

    private mutating func alternation() throws(RegularExpressionError) -> RegularExpression {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternation(branches)
    }

    private mutating func sequence() throws(RegularExpressionError) -> RegularExpression {
        var parts: [RegularExpression] = []
        while let byte = peek, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            if byte == UInt8(ascii: "$"), position == bytes.count - 1 {
                position += 1
                break
            }
            parts.append(try repetition(of: try atom()))
        }
        return .sequence(parts)
    }

    private mutating func atom() throws(RegularExpressionError) -> RegularExpression {
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: "("): return try group()
        case UInt8(ascii: "["):
            var parser = ByteClassParser(bytes, at: position)
            let set = try parser.set()
            position = parser.position
            return .byte(set)
        case UInt8(ascii: "\\"):
            var parser = ByteClassParser(bytes, at: position)
            let set = try parser.escape().set
            position = parser.position
            return .byte(set)
        case UInt8(ascii: "."):
            position += 1
            return .byte(.all)
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
            throw error("nothing to repeat before '\(Unicode.Scalar(byte))'", 1)
        case UInt8(ascii: "^"), UInt8(ascii: "$"):
            throw error(
                "'\(Unicode.Scalar(byte))' in the middle: the expression is anchored; write \\\(Unicode.Scalar(byte)) for the character",
                1)
        default:
            position += 1
            // All bytes of a character are repeated together.
            guard byte >= 0x80 else { return .byte(ByteSet(byte...byte)) }
            var parts = [RegularExpression.byte(ByteSet(byte...byte))]
            while let next = peek, next & 0xc0 == 0x80 {
                parts.append(.byte(ByteSet(next...next)))
                position += 1
            }
            return .sequence(parts)
        }
    }

    private mutating func group() throws(RegularExpressionError) -> RegularExpression {
        let start = position
        position += 1
        if peek == UInt8(ascii: "?") {
            guard position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: ":") else {
                throw RegularExpressionError(
                    message: "groups are (…) and (?:…): looking around and options aren't supported",
                    range: start..<min(start + 3, bytes.count))
            }
            position += 2
        }
        depth += 1
        guard depth <= RegularExpressionParser.depthLimit else {
            position = start
            throw error("more than \(RegularExpressionParser.depthLimit) groups in each other", 1)
        }
        let expression = try alternation()
        guard take(")") else {
            throw RegularExpressionError(message: "'(' without ')'", range: start..<start + 1)
        }
        depth -= 1
        return expression
    }

    private mutating func repetition(of part: RegularExpression) throws(RegularExpressionError)
        -> RegularExpression
    {
        guard let byte = peek else { return part }
        let result: RegularExpression
        switch byte {
        case UInt8(ascii: "*"): result = .repetition(part, least: 0, most: nil)
        case UInt8(ascii: "+"): result = .repetition(part, least: 1, most: nil)
        case UInt8(ascii: "?"): result = .repetition(part, least: 0, most: 1)
        case UInt8(ascii: "{"): result = try counted(part)
        default: return part
        }
        position += 1
        // A lazy repetition matches the same texts.
        _ = take("?")
        if let next = peek, [UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "{")].contains(next) {
            throw error("a repetition of a repetition: put the first in a group", 1)
        }
        return result
    }

    /// `{n}`, `{n,}`, `{n,m}`; stays at the brace that closes it.
    private mutating func counted(_ part: RegularExpression) throws(RegularExpressionError)
        -> RegularExpression
    {
        let start = position
        position += 1
        let least = number()
        var most = least
        if take(",") { most = number() }
        guard let least, peek == UInt8(ascii: "}") else {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "}")).map { $0 + 1 } ?? bytes.count
            throw RegularExpressionError(
                message: "a repetition is {n}, {n,} or {n,m}; write \\{ for the character", range: start..<end
            )
        }
        let range = start..<position + 1
        guard least <= RegularExpressionParser.repetitionLimit,
            most ?? 0 <= RegularExpressionParser.repetitionLimit
        else {
            throw RegularExpressionError(
                message: "at most \(RegularExpressionParser.repetitionLimit) repetitions", range: range)
        }
        if let most, most < least {
            throw RegularExpressionError(message: "\(most) is less than \(least)", range: range)
        }
        return .repetition(part, least: least, most: most)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let byte = peek, ByteSet.digits.contains(byte) {
            value = min((value ?? 0) * 10 + Int(byte - UInt8(ascii: "0")), 1_000_000)
            position += 1
        }
        return value
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private func error(_ message: String, _ length: Int) -> RegularExpressionError {
        RegularExpressionError(message: message, range: position..<position + length)
    }
}
