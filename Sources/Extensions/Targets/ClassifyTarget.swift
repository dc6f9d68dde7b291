import Packets
public import RuleModel

/// `-j CLASSIFY` (extensions/libxt_CLASSIFY.c; net/netfilter/xt_CLASSIFY.c): the traffic class of a packet.
public struct ClassifyTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "CLASSIFY", hooks: [.forward, .output, .postrouting],
        options: [OptionSpec("--set-class", required: true)])

    private let major: UInt16
    private let minor: UInt16

    public init?(_ reader: inout OptionReader) {
        guard let argument = reader.option("--set-class")?.arguments[0] else { return nil }
        var scanner = HexadecimalScanner(argument.text)
        guard let major = scanner.number(), scanner.take(UInt8(ascii: ":")), let minor = scanner.number()
        else {
            reader.error(
                "a class is two hexadecimal numbers with a colon between, as in 1:10", at: argument.range)
            return nil
        }
        if major > UInt64(UInt16.max) || minor > UInt64(UInt16.max) || !scanner.isAtEnd {
            reader.warning(
                "iptables takes this class for \(ClassifyTarget.text(UInt16(truncatingIfNeeded: major), UInt16(truncatingIfNeeded: minor)))",
                at: argument.range)
        }
        self.major = UInt16(truncatingIfNeeded: major)
        self.minor = UInt16(truncatingIfNeeded: minor)
    }

    public var action: Action {
        .aside(AsideEffect(summary: "put the packet into traffic class \(ClassifyTarget.text(major, minor))"))
    }

    public var savedWords: [String] { savedOption("--set-class", ClassifyTarget.text(major, minor)) }

    private static func text(_ major: UInt16, _ minor: UInt16) -> String {
        "\(fourDigits(major)):\(fourDigits(minor))"
    }

    private static func fourDigits(_ number: UInt16) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}

/// Reads numbers as `sscanf` with `%x` does: blanks, a sign, `0x` and digits, as many as there are.
private struct HexadecimalScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    /// Of a negative number the two's complement; of one that is too big, all ones.
    mutating func number() -> UInt64? {
        while let first = rest.first, first == UInt8(ascii: " ") || (9...13).contains(first) {
            rest.removeFirst()
        }
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        var value: UInt64 = 0
        var isTooBig = false
        var digits = 0
        while let byte = rest.first {
            if digits == 1, value == 0, byte | 0x20 == UInt8(ascii: "x") {
                digits += 1
            } else if let digit = Character(UnicodeScalar(byte)).hexDigitValue {
                digits += 1
                isTooBig = isTooBig || value >> 60 != 0
                value = value << 4 | UInt64(digit)
            } else {
                break
            }
            rest.removeFirst()
        }
        guard digits > 0 else { return nil }
        if isTooBig { return .max }
        return isNegative ? 0 &- value : value
    }
}
