internal import Packets

/// Addresses as `in4_pton` and `in6_pton` (`net/core/utils.c`) read them.
extension TextSearch {
    /// - Parameter delimiter: where the address ends, as it does at a NUL and at the limit; nil: where no more digit, dot
    ///   or colon follows.
    func address(
        at offset: Int, _ family: AddressFamily, delimiter: UInt8? = nil
    ) -> (address: UInt128, end: Int)? {
        switch family {
        case .ipv4: ipv4(at: offset, delimiter)
        case .ipv6: ipv6(at: offset, delimiter)
        }
    }

    private enum Character {
        case digit(UInt8)
        case dot
        case colon
        case end
        /// Where there is a delimiter, anything else.
        case unknown
    }

    private func character(_ offset: Int, _ delimiter: UInt8?) -> Character {
        guard let byte = self[offset], byte != delimiter, byte != 0 else { return .end }
        if byte == UInt8(ascii: ".") { return .dot }
        if byte == UInt8(ascii: ":") { return .colon }
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return .digit(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): return .digit(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): return .digit(byte - UInt8(ascii: "A") + 10)
        default: return delimiter == nil ? .end : .unknown
        }
    }

    /// Four decimal numbers, leading zeros allowed.
    private func ipv4(at offset: Int, _ delimiter: UInt8?) -> (address: UInt128, end: Int)? {
        var address: UInt128 = 0
        var next = offset
        for part in 0..<4 {
            var value = 0
            let start = next
            while case .digit(let digit) = character(next, delimiter) {
                guard digit < 10 else { return nil }
                value = value * 10 + Int(digit)
                guard value <= 255 else { return nil }
                next += 1
            }
            guard next > start else { return nil }
            address = address << 8 | UInt128(value)
            if part == 3 { break }
            guard case .dot = character(next, delimiter) else { return nil }
            next += 1
        }
        switch character(next, delimiter) {
        case .end, .colon: return (address, next)
        case .dot, .digit, .unknown: return nil
        }
    }

    /// What may come next in an IPv6 address.
    private struct Allowed: OptionSet {
        let rawValue: UInt8
        static let firstColon = Allowed(rawValue: 1)
        /// The second one of `::`.
        static let secondColon = Allowed(rawValue: 2)
        /// The first one of `::`.
        static let doubleColon = Allowed(rawValue: 4)
        static let anyColon: Allowed = [.firstColon, .secondColon, .doubleColon]
        static let digit = Allowed(rawValue: 8)
        static let dot = Allowed(rawValue: 16)
        static let end = Allowed(rawValue: 32)
        /// The group that ends now is none.
        static let empty = Allowed(rawValue: 64)
    }

    private func ipv6(at offset: Int, _ delimiter: UInt8?) -> (address: UInt128, end: Int)? {
        var groups: [UInt16] = []
        /// Before which group `::` stands.
        var gap: Int?
        var word: UInt32 = 0
        var wordStart = offset
        var next = offset
        var allowed: Allowed = [.doubleColon, .digit, .empty]
        scan: while true {
            switch character(next, delimiter) {
            case .end, .colon:
                let isEnd = if case .end = character(next, delimiter) { true } else { false }
                guard isEnd ? allowed.contains(.end) : !allowed.isDisjoint(with: .anyColon) else {
                    return nil
                }
                if !allowed.contains(.empty) { groups.append(UInt16(truncatingIfNeeded: word)) }
                word = 0
                if isEnd { break scan }
                switch allowed.intersection(.anyColon) {
                case .secondColon:
                    gap = groups.count
                    allowed = [.digit, .end]
                    if groups.count >= 8 { allowed.insert(.empty) }
                case [.firstColon, .doubleColon]: allowed = [.digit, .secondColon]
                case .firstColon: allowed = .digit
                case .doubleColon: allowed = .secondColon
                default: allowed = []
                }
                wordStart = next + 1
            case .dot:
                guard allowed.contains(.dot), groups.count <= 6, let dotted = ipv4(at: wordStart, delimiter)
                else { return nil }
                groups.append(UInt16(truncatingIfNeeded: dotted.address >> 16))
                groups.append(UInt16(truncatingIfNeeded: dotted.address))
                next = dotted.end
                break scan
            case .unknown: return nil
            case .digit(let digit):
                guard allowed.contains(.digit) else { return nil }
                word = word << 4 | UInt32(digit)
                allowed = [.firstColon, .end]
                if word & 0xf000 == 0 { allowed.insert(.digit) }
                if gap == nil, groups.count < 7 {
                    allowed.insert(.doubleColon)
                    allowed.remove(.end)
                }
                if groups.count >= 7 { allowed.subtract([.firstColon, .doubleColon]) }
            }
            if gap != nil && groups.count < 6 || groups.count == 6 { allowed.insert(.dot) }
            if groups.count >= 8 { allowed.subtract([.digit, .firstColon, .secondColon, .doubleColon]) }
            next += 1
        }
        guard groups.count <= 8, gap != nil || groups.count == 8 else { return nil }
        let zeros = Array(repeating: UInt16(0), count: 8 - groups.count)
        groups.insert(contentsOf: zeros, at: gap ?? groups.count)
        return (groups.reduce(UInt128(0)) { $0 << 16 | UInt128($1) }, next)
    }
}
