public import Packets

/// How an extension reads a port: libxtables has two ways, which differ in what they accept.
public enum PortSyntax: Sendable {
    /// `xtables_parse_port`: a number in any base up to 65535, or a name of this protocol.
    case ofProtocol(IPProtocol)
    /// XTTYPE_PORTRC: a decimal number or a name of any protocol. A number over 65535 is taken modulo 65536, as
    /// `getaddrinfo` does.
    case any
}

extension OptionReader {
    /// A port, by number or name.
    public mutating func port(_ argument: Argument, _ syntax: PortSyntax) -> UInt16? {
        switch syntax {
        case .ofProtocol(let transportProtocol):
            if let number = parseNumber(argument.text).flatMap(UInt16.init(exactly:)) { return number }
            if let number = ServiceNames.port(argument.text, transportProtocol) { return number }
        case .any:
            if let number = decimalPort(argument.text) {
                if number > 0xffff {
                    warning("iptables takes port \(number) for \(number & 0xffff)", at: argument.range)
                }
                return UInt16(truncatingIfNeeded: number)
            }
            if let number = ServiceNames.port(argument.text) { return number }
        }
        error("\"\(argument.text)\" is no port between 0 and 65535, nor a known service", at: argument.range)
        return nil
    }

    /// A number as `getaddrinfo` reads a service: `strtoul` with base 10, of which an `int` keeps 32 bits; names begin
    /// where that is negative.
    private func decimalPort(_ text: String) -> Int32? {
        var digits = text.utf8.drop { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
        if digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        guard let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-"),
            let number = UInt64(Substring(digits))
        else { return nil }
        let port = Int32(truncatingIfNeeded: number)
        return port >= 0 ? port : nil
    }

    /// `port`, `low:high`, `low:`, `:high` or `:`.
    /// - Parameter mayBeReversed: as for `numberRange`.
    public mutating func portRange(
        _ argument: Argument, _ syntax: PortSyntax, mayBeReversed: Bool = true
    ) -> (low: UInt16, high: UInt16)? {
        let parts = argument.pieces(separator: ":")
        guard parts.count <= 2 else {
            error("a port range is two ports with a colon between", at: parts[2].range)
            return nil
        }
        func bound(_ piece: Argument, ifEmpty: UInt16) -> UInt16? {
            piece.text.isEmpty ? ifEmpty : port(piece, syntax)
        }
        if parts.count == 1 {
            if case .any = syntax, parts[0].text.isEmpty { return (0, 0) }
            return port(parts[0], syntax).map { ($0, $0) }
        }
        guard let low = bound(parts[0], ifEmpty: 0), let high = bound(parts[1], ifEmpty: .max),
            isAscending(low <= high, argument, mayBeReversed: mayBeReversed)
        else { return nil }
        return (low, high)
    }
}
