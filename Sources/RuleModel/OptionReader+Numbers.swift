import Packets

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
