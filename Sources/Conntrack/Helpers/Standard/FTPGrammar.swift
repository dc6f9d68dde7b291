internal import Packets

/// What lines of FTP's control connection say of data connections (RFC 959, 1123, 2428), read as leniently as the kernel
/// does (`nf_conntrack_ftp.c`).
enum FTPGrammar {
    /// The four ways to name an end.
    enum Kind: String {
        case port = "PORT"
        case extendedPort = "EPRT"
        case passive = "227 "
        case extendedPassive = "229 "
    }

    struct Finding: Equatable {
        var kind: Kind
        /// Nil: the address of whoever says it.
        var address: UInt128?
        var port: UInt16
        /// Where it is said, from the payload's first byte.
        var range: Range<Int>
    }

    enum Answer: Equatable {
        case none
        /// It begins like one of them and can't be read: perhaps the rest comes in another packet.
        case partial(Kind)
        case found(Finding)
    }

    /// Reads the beginning of a payload.
    static func read(_ payload: ArraySlice<UInt8>, _ direction: Direction, _ family: AddressFamily) -> Answer
    {
        let kinds: [Kind] =
            direction == .original ? [.port, .extendedPort] : [.passive, .extendedPassive]
        for kind in kinds {
            let answer = read(kind, payload, family)
            if answer != .none { return answer }
        }
        return .none
    }

    /// `find_pattern`
    private static func read(_ kind: Kind, _ payload: ArraySlice<UInt8>, _ family: AddressFamily) -> Answer {
        let pattern = Array(kind.rawValue.utf8)
        let begins = zip(payload, pattern).allSatisfy { $0.lowercased == $1.lowercased }
        guard begins else { return .none }
        guard payload.count > pattern.count else { return .partial(kind) }
        var rest = payload.dropFirst(pattern.count)
        if let separator = kind.separator {
            guard let place = rest.dropLast().firstIndex(of: separator) else { return .partial(kind) }
            rest = rest[(place + 1)...]
        }
        let end: End?
        switch kind {
        case .port: end = numbers(rest, terminator: UInt8(ascii: "\r"))
        case .passive:
            guard let digit = rest.firstIndex(where: \.isDigit) else { return .partial(kind) }
            rest = rest[digit...]
            end = numbers(rest, terminator: nil)
        case .extendedPort: end = delimited(rest, family)
        case .extendedPassive: end = delimitedPort(rest)
        }
        guard let end else { return .partial(kind) }
        let start = rest.startIndex - payload.startIndex
        return .found(
            Finding(kind: kind, address: end.address, port: end.port, range: start..<start + end.length))
    }

    // MARK: Ends

    private struct End {
        var address: UInt128?
        var port: UInt16
        /// In bytes.
        var length: Int
    }

    /// `192,168,1,1,5,6` (`try_rfc959`)
    private static func numbers(_ text: ArraySlice<UInt8>, terminator: UInt8?) -> End? {
        guard let read = list(text, count: 6, separator: UInt8(ascii: ","), terminator: terminator) else {
            return nil
        }
        let port = read.numbers[4] << 8 | read.numbers[5]
        return End(
            address: address(read.numbers), port: UInt16(truncatingIfNeeded: port), length: read.length)
    }

    private static func address(_ numbers: [UInt32]) -> UInt128 {
        UInt128(numbers[0] << 24 | numbers[1] << 16 | numbers[2] << 8 | numbers[3])
    }

    /// Numbers up to a byte that is neither a digit nor the separator (`try_number`). They wrap.
    private static func list(
        _ text: ArraySlice<UInt8>, count: Int, separator: UInt8, terminator: UInt8?
    ) -> (numbers: [UInt32], length: Int)? {
        var numbers = [UInt32](repeating: 0, count: count)
        var index = 0
        for place in text.indices {
            let byte = text[place]
            if let digit = byte.digit {
                numbers[index] = numbers[index] &* 10 &+ UInt32(digit)
            } else if byte == separator {
                index += 1
                if index == count { return nil }
            } else {
                let isEnd = terminator == nil || byte == terminator
                let length = place - text.startIndex
                return isEnd && index == count - 1 && length > 0 ? (numbers, length) : nil
            }
        }
        return nil
    }

    /// `|1|132.235.1.2|6275|`, `|2|3ffe::1|6275|` (`try_eprt`)
    private static func delimited(_ text: ArraySlice<UInt8>, _ family: AddressFamily) -> End? {
        guard text.count > 3 else { return nil }
        let first = text.startIndex
        let delimiter = text[first]
        let number = UInt8(ascii: family == .ipv4 ? "1" : "2")
        guard delimiter.isDelimiter, text[first + 2] == delimiter, text[first + 1] == number else {
            return nil
        }
        let rest = text[(first + 3)...]
        let length: Int
        let address: UInt128
        switch family {
        case .ipv4:
            guard
                let read = list(rest, count: 4, separator: UInt8(ascii: "."), terminator: delimiter)
            else { return nil }
            (address, length) = (self.address(read.numbers), read.length)
        case .ipv6:
            guard let read = TextSearch(Array(rest)).address(at: 0, .ipv6, delimiter: delimiter)
            else { return nil }
            (address, length) = (read.address, read.end)
        }
        guard let port = port(rest.dropFirst(length + 1), delimiter) else { return nil }
        return End(address: address, port: port.number, length: 3 + length + 1 + port.length)
    }

    /// `|||6446|` (`try_epsv_response`)
    private static func delimitedPort(_ text: ArraySlice<UInt8>) -> End? {
        guard text.count > 3 else { return nil }
        let delimiter = text[text.startIndex]
        guard delimiter.isDelimiter, text.dropFirst().prefix(2).allSatisfy({ $0 == delimiter }),
            let port = port(text.dropFirst(3), delimiter)
        else { return nil }
        return End(port: port.number, length: 3 + port.length)
    }

    /// A number and the delimiter behind it (`get_port`). It wraps, and 0 is none.
    private static func port(
        _ text: ArraySlice<UInt8>, _ delimiter: UInt8
    ) -> (number: UInt16, length: Int)? {
        var number: UInt16 = 0
        for place in text.indices {
            if text[place] == delimiter { return number == 0 ? nil : (number, place - text.startIndex + 1) }
            guard let digit = text[place].digit else { return nil }
            number = number &* 10 &+ UInt16(digit)
        }
        return nil
    }
}

extension FTPGrammar.Kind {
    /// Behind which the end is said; nil for one that follows at once, or anywhere.
    fileprivate var separator: UInt8? {
        switch self {
        case .port, .extendedPort: UInt8(ascii: " ")
        case .passive: nil
        case .extendedPassive: UInt8(ascii: "(")
        }
    }
}

extension UInt8 {
    /// 33 to 126, but no digit.
    fileprivate var isDelimiter: Bool { (33...126).contains(self) && !isDigit }
}
