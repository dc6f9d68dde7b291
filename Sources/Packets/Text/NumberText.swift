/// A number as `strtoul` with base 0 reads it; nil if other text is there too, or it needs more than 64 bits.
public func parseNumber(_ text: some StringProtocol) -> UInt64? {
    var scanner = NumberScanner(text)
    guard let value = scanner.number(), scanner.isAtEnd else { return nil }
    return value
}

/// Reads numbers off the front of a text, as `xtables_strtoul` does (libxtables/xtables.c): blanks and a plus sign
/// before them, `0x` for hexadecimal, `0` for octal; a minus sign is refused.
public struct NumberScanner {
    private var rest: Substring.UTF8View

    public init(_ text: some StringProtocol) { rest = Substring(text).utf8 }

    public var isAtEnd: Bool { rest.isEmpty }

    /// How many bytes are left.
    public var remainingCount: Int { rest.count }

    /// Takes what C's `isspace` says is a blank.
    public mutating func skipBlanks() {
        rest = rest.drop { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
    }

    /// Takes the byte if it is next.
    public mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    /// Nil if no number is next, or one of more than 64 bits.
    public mutating func number() -> UInt64? {
        var digits = rest.drop { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
        if digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        var radix: UInt64 = 10
        if digits.first == UInt8(ascii: "0") {
            radix = 8
            let behind = digits.dropFirst()
            if let x = behind.first, x | 0x20 == UInt8(ascii: "x"),
                let digit = behind.dropFirst().first, NumberScanner.value(of: digit, radix: 16) != nil
            {
                radix = 16
                digits = behind.dropFirst()
            }
        }
        guard let first = digits.first, NumberScanner.value(of: first, radix: radix) != nil else {
            return nil
        }
        var value: UInt64 = 0
        while let digit = digits.first.flatMap({ NumberScanner.value(of: $0, radix: radix) }) {
            let (product, tooBig) = value.multipliedReportingOverflow(by: radix)
            let (sum, stillTooBig) = product.addingReportingOverflow(digit)
            if tooBig || stillTooBig { return nil }
            value = sum
            digits.removeFirst()
        }
        rest = digits
        return value
    }

    private static func value(of digit: UInt8, radix: UInt64) -> UInt64? {
        let value: UInt8
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
        default: return nil
        }
        return UInt64(value) < radix ? UInt64(value) : nil
    }
}
