import Packets
public import RuleModel

/// `-m string`, revision 1 (extensions/libxt_string.c; net/netfilter/xt_string.c; `skb_find_text` in
/// net/core/skbuff.c): looks for bytes anywhere in the packet, its headers too, counted from the IP header. Both
/// algorithms find the same here, where no packet is kept in pieces.
public struct StringMatch: Match {
    public static let schema = ExtensionSchema(
        "string",
        options: [
            OptionSpec("--from"), OptionSpec("--to"),
            OptionSpec("--algo", required: true),
            OptionSpec("--string", negatable: true), OptionSpec("--hex-string", negatable: true),
            OptionSpec("--icase", argument: .none),
        ])

    /// `XT_STRING_MAX_PATTERN_SIZE`
    private static let capacity = 128

    private let pattern: [UInt8]
    private let algorithm: String
    private var from: UInt16 = 0
    private var to: UInt16 = .max
    private let ignoresCase: Bool
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let algorithm = reader.option("--algo"),
            let option = reader.exactlyOne(of: ["--string", "--hex-string"])
        else { return nil }
        let argument = option.arguments[0]
        self.algorithm = algorithm.arguments[0].text
        guard ["bm", "kmp"].contains(self.algorithm) else {
            reader.error("an algorithm is bm or kmp", at: algorithm.arguments[0].range)
            return nil
        }
        if option.name == "--string" {
            pattern = Array(argument.text.utf8)
        } else {
            guard let pattern = StringMatch.hexPattern(argument, &reader) else { return nil }
            self.pattern = pattern
        }
        guard !pattern.isEmpty, pattern.count <= StringMatch.capacity else {
            reader.error("a string has 1 to \(StringMatch.capacity) bytes", at: argument.range)
            return nil
        }
        isNegated = option.isNegated
        ignoresCase = reader.option("--icase") != nil
        if let from = reader.option("--from") {
            guard let number = reader.number(from.arguments[0], in: 0...0xffff, what: "an offset") else {
                return nil
            }
            self.from = UInt16(number)
        }
        if let to = reader.option("--to") {
            guard let number = reader.number(to.arguments[0], in: 0...0xffff, what: "an offset") else {
                return nil
            }
            self.to = UInt16(number)
        }
        guard from <= to else {
            reader.error(
                "--from must not be greater than --to", at: reader.option("--to")?.range ?? option.range)
            return nil
        }
        if Int(from) + pattern.count > Int(to) {
            reader.warning(
                "the string doesn't fit between --from and --to, so no packet has it", at: option.range)
        }
    }

    /// `parse_hex_string`: text, with hexadecimal digits between bars, and a backslash before a byte that means itself.
    private static func hexPattern(_ argument: Argument, _ reader: inout OptionReader) -> [UInt8]? {
        let text = Array(argument.text.utf8)
        let (bar, backslash, blank) = (UInt8(ascii: "|"), UInt8(ascii: "\\"), UInt8(ascii: " "))
        var pattern: [UInt8] = []
        var isHex = false
        var index = 0
        func digit(_ index: Int) -> UInt8? {
            Character(Unicode.Scalar(text[index])).hexDigitValue.map(UInt8.init)
        }
        while index < text.count, pattern.count <= capacity {
            var isLiteral = false
            if text[index] == backslash {
                guard !isHex else {
                    reader.error("no backslash may stand among hexadecimal digits", at: argument.range)
                    return nil
                }
                isLiteral = true
            } else if text[index] == bar {
                isHex.toggle()
                while isHex, index + 1 < text.count, text[index + 1] == blank { index += 1 }
                index += 1
                if index >= text.count { break }
            }
            if isLiteral {
                guard index + 1 < text.count else {
                    reader.error("nothing follows the backslash", at: argument.range)
                    return nil
                }
                pattern.append(text[index + 1])
                index += 2
            } else if isHex {
                guard index + 2 < text.count, let high = digit(index), let low = digit(index + 1) else {
                    reader.error("between bars stand pairs of hexadecimal digits", at: argument.range)
                    return nil
                }
                pattern.append(high << 4 | low)
                index += text[index + 2] == blank ? 3 : 2
            } else {
                pattern.append(text[index])
                index += 1
            }
        }
        return pattern
    }

    public var condition: Condition {
        let place = from == 0 && to == .max ? "" : " in bytes \(from) to \(to)"
        let summary = "\(quoted)\(ignoresCase ? ", in any case," : "") somewhere\(place)"
        let pattern = ignoresCase ? pattern.map(StringMatch.upper) : pattern
        let test = PacketTest(summary: summary) { [from, to, ignoresCase] context, bytes in
            let range = IPBytes(context.packet, bytes).range(from: Int(from))
            let last = min(range.upperBound, range.lowerBound + Int(to - from)) - pattern.count
            return TestAnswer(
                StringMatch.contains(pattern, bytes, from: range.lowerBound, through: last, ignoresCase))
        }
        return Condition.packet(test).negated(if: isNegated)
    }

    /// Whether the pattern, in capitals if case doesn't matter, begins at one of these places.
    private static func contains(
        _ pattern: [UInt8], _ bytes: RawSpan, from first: Int, through last: Int, _ ignoresCase: Bool
    ) -> Bool {
        var place = first
        while place <= last {
            var count = 0
            while count < pattern.count {
                let byte = bytes.byte(at: place + count)
                guard (ignoresCase ? upper(byte) : byte) == pattern[count] else { break }
                count += 1
            }
            if count == pattern.count { return true }
            place += 1
        }
        return false
    }

    /// The kernel's `toupper`, which knows Latin-1 (lib/ctype.c).
    private static func upper(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), 0xdf...0xf6, 0xf8...0xff: byte - 0x20
        default: byte
        }
    }

    /// `is_hex_string`
    private var isPrintedInHex: Bool {
        pattern.last == UInt8(ascii: "\\") || !pattern.allSatisfy { (0x20...0x7e).contains($0) }
    }

    private var quoted: String {
        if isPrintedInHex {
            let digits = pattern.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            return "\"|\(digits)|\""
        }
        var text = "\""
        for byte in pattern {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text += "\\" }
            text.unicodeScalars.append(Unicode.Scalar(byte))
        }
        return text + "\""
    }

    public var savedWords: [String] {
        var words = savedOption(isPrintedInHex ? "--hex-string" : "--string", quoted, isNegated: isNegated)
        words += savedOption("--algo", algorithm)
        if from != 0 { words += savedOption("--from", "\(from)") }
        if to != .max { words += savedOption("--to", "\(to)") }
        if ignoresCase { words.append("--icase") }
        return words
    }
}
