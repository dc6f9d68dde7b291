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

extension OptionReader {
    /// `low`, `low:high`, `low:`, `:high` or `:` (XTTYPE_UINT16RC and UINT32RC of libxtables/xtoptions.c).
    /// - Parameter mayBeReversed: whether iptables takes numbers that are the wrong way round, which is only worth a
    ///   warning then.
    public mutating func numberRange(
        _ argument: Argument, upTo maximum: UInt32, what: String, mayBeReversed: Bool = true
    ) -> (low: UInt32, high: UInt32)? {
        let parts = argument.pieces(separator: ":")
        guard parts.count <= 2 else {
            error("\(what) is one number or two with a colon between", at: parts[2].range)
            return nil
        }
        func bound(_ piece: Argument, ifEmpty: UInt32) -> UInt32? {
            if piece.text.isEmpty { return ifEmpty }
            return number(piece, in: 0...UInt64(maximum), what: what).map(UInt32.init)
        }
        guard let low = bound(parts[0], ifEmpty: 0) else { return nil }
        guard parts.count == 2 else { return (low, low) }
        guard let high = bound(parts[1], ifEmpty: maximum),
            isAscending(low <= high, argument, mayBeReversed: mayBeReversed)
        else { return nil }
        return (low, high)
    }

    /// Reports a range whose ends are the wrong way round.
    /// - Returns: false if that is an error.
    mutating func isAscending(_ isAscending: Bool, _ argument: Argument, mayBeReversed: Bool) -> Bool {
        if isAscending { return true }
        let message = "this range is the wrong way round: the smaller end comes first"
        if mayBeReversed {
            warning("\(message); iptables takes it, and it holds nothing", at: argument.range, code: "FW013")
        } else {
            error(message, at: argument.range, code: "FW013")
        }
        return mayBeReversed
    }

    /// `value` or `value/mask`, both 32 bits; without a mask it is all ones (XTTYPE_MARKMASK32).
    public mutating func valueAndMask(_ argument: Argument, what: String) -> (value: UInt32, mask: UInt32)? {
        var scanner = NumberScanner(argument.text)
        guard let value = scanner.number().flatMap(UInt32.init(exactly:)) else {
            error("\(what) must be a number of at most 32 bits, or two as in 0x1/0xff", at: argument.range)
            return nil
        }
        if scanner.isAtEnd { return (value, .max) }
        guard scanner.take("/"), let mask = scanner.number().flatMap(UInt32.init(exactly:)), scanner.isAtEnd
        else {
            error("behind \(what) may follow a slash and a mask of at most 32 bits", at: argument.range)
            return nil
        }
        return (value, mask)
    }
}
