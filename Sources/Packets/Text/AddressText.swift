// Addresses as text. Nothing here resolves a name.

extension IPAddress: CustomStringConvertible, LosslessStringConvertible {
    /// A dotted IPv4 address of four decimal numbers, or any IPv6 form of RFC 4291, 2.2; no zone.
    public init?(_ text: String) {
        self.init(utf8: text.utf8.span)
    }

    public init?(utf8: Span<UInt8>) {
        var isIPv6 = false
        for index in utf8.indices where utf8[index] == UInt8(ascii: ":") {
            isIPv6 = true
            break
        }
        if isIPv6 {
            guard let bits = IPv6Text.parse(utf8) else { return nil }
            self = .v6(bits)
        } else {
            guard let bits = IPv4Text.parse(utf8) else { return nil }
            self = .v4(bits)
        }
    }

    /// As `inet_ntop` and iptables-save write it: dotted, or RFC 5952 (lower case, the first longest run of zero
    /// groups as `::`, mapped and compatible addresses with a dotted end).
    public var description: String {
        switch family {
        case .ipv4: IPv4Text.print(UInt32(truncatingIfNeeded: bits))
        case .ipv6: IPv6Text.print(bits)
        }
    }
}

extension IPPrefix: CustomStringConvertible, LosslessStringConvertible {
    /// `ADDRESS/LENGTH`, or an address alone. Bits behind the length are cleared.
    public init?(_ text: String) {
        self.init(utf8: text.utf8.span)
    }

    public init?(utf8: Span<UInt8>) {
        var slash = utf8.count
        for index in utf8.indices where utf8[index] == UInt8(ascii: "/") {
            slash = index
            break
        }
        guard let address = IPAddress(utf8: utf8.extracting(0..<slash)) else { return nil }
        guard slash < utf8.count else {
            self.init(address, length: address.family.bitWidth)
            return
        }
        guard let length = DecimalText.parse(utf8.extracting((slash + 1)..<utf8.count), digits: 3),
            length <= address.family.bitWidth
        else { return nil }
        self.init(address, length: length)
    }

    /// Always with its length.
    public var description: String { "\(address)/\(length)" }
}

extension MACAddress: CustomStringConvertible, LosslessStringConvertible {
    /// Six hexadecimal numbers of one or two digits with colons between.
    public init?(_ text: String) {
        var bits: UInt64 = 0
        let groups = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard groups.count == 6 else { return nil }
        for group in groups {
            guard group.count == 1 || group.count == 2 else { return nil }
            bits <<= 8
            var value: UInt64 = 0
            for byte in group {
                guard let digit = HexadecimalText.digit(byte) else { return nil }
                value = value << 4 | UInt64(digit)
            }
            bits |= value
        }
        self.init(bits: bits)
    }

    /// Lower case, two digits a byte.
    public var description: String {
        var text = ""
        for index in 0..<6 {
            if index > 0 { text += ":" }
            let byte = UInt8(truncatingIfNeeded: bits >> UInt64(40 - 8 * index))
            text += HexadecimalText.print(UInt16(byte), minimumDigits: 2)
        }
        return text
    }
}

enum IPv4Text {
    /// Four decimal numbers; a leading zero is refused, as some readers take it for octal.
    static func parse(_ utf8: Span<UInt8>) -> UInt32? {
        var bits: UInt32 = 0
        var start = 0
        for part in 0..<4 {
            var end = start
            while end < utf8.count && utf8[end] != UInt8(ascii: ".") { end += 1 }
            guard (end == utf8.count) == (part == 3),
                let value = DecimalText.parse(utf8.extracting(start..<end), digits: 3), value <= 255
            else { return nil }
            bits = bits << 8 | UInt32(value)
            start = end + 1
        }
        return bits
    }

    static func print(_ bits: UInt32) -> String {
        "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)"
    }
}

enum DecimalText {
    /// A number without sign and without leading zero.
    static func parse(_ utf8: Span<UInt8>, digits: Int) -> Int? {
        guard utf8.count >= 1, utf8.count <= digits, utf8.count == 1 || utf8[0] != UInt8(ascii: "0")
        else { return nil }
        var value = 0
        for index in utf8.indices {
            let digit = utf8[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }
}

enum HexadecimalText {
    static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    static func print(_ value: UInt16, minimumDigits: Int = 1) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, minimumDigits - digits.utf8.count)) + digits
    }
}
