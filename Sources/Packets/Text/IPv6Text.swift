enum IPv6Text {
    /// RFC 4291, 2.2: eight groups, at most one `::` for one or more zero groups, a dotted IPv4 address in place of
    /// the last two groups.
    static func parse(_ utf8: Span<UInt8>) -> UInt128? {
        let colon = UInt8(ascii: ":")
        let count = utf8.count
        var bits: UInt128 = 0
        var groups = 0
        /// How many groups stand before `::`.
        var gap: Int?
        var position = 0
        if count >= 2 && utf8[0] == colon {
            guard utf8[1] == colon else { return nil }
            gap = 0
            position = 2
        }
        while position < count {
            var end = position
            while end < count && utf8[end] != colon { end += 1 }
            let text = utf8.extracting(position..<end)
            if let group = parseGroup(text) {
                guard groups < 8 else { return nil }
                bits = bits << 16 | UInt128(group)
                groups += 1
            } else {
                guard end == count, groups <= 6, let dotted = IPv4Text.parse(text) else { return nil }
                bits = bits << 32 | UInt128(dotted)
                groups += 2
            }
            guard end < count else { break }
            position = end + 1
            if position < count && utf8[position] == colon {
                guard gap == nil else { return nil }
                gap = groups
                position += 1
            } else if position == count {
                return nil
            }
        }
        guard let gap else { return groups == 8 ? bits : nil }
        guard groups < 8 else { return nil }
        let tailBits = UInt128(16 * (groups - gap))
        let tail = bits & ((1 << tailBits) - 1)
        let head = gap == 0 ? 0 : (bits >> tailBits) << UInt128(16 * (8 - gap))
        return head | tail
    }

    private static func parseGroup(_ text: Span<UInt8>) -> UInt16? {
        guard text.count >= 1 && text.count <= 4 else { return nil }
        var value: UInt16 = 0
        for index in text.indices {
            guard let digit = HexadecimalText.digit(text[index]) else { return nil }
            value = value << 4 | UInt16(digit)
        }
        return value
    }

    static func print(_ bits: UInt128) -> String {
        let low = UInt32(truncatingIfNeeded: bits)
        // `::1.2.3.4` unless that is `::` or `::1` or the like, and `::ffff:1.2.3.4`.
        if bits >> 32 == 0 && low >> 16 != 0 { return "::" + IPv4Text.print(low) }
        if bits >> 32 == 0xffff { return "::ffff:" + IPv4Text.print(low) }

        var longest = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || group(index, of: bits) != 0 {
            if index - start > longest.count { longest = start..<index }
            start = index + 1
        }
        if longest.count < 2 { longest = 8..<8 }
        var text = ""
        for index in 0..<longest.lowerBound {
            if index > 0 { text += ":" }
            text += HexadecimalText.print(group(index, of: bits))
        }
        guard !longest.isEmpty else { return text }
        text += "::"
        for index in longest.upperBound..<8 {
            if index > longest.upperBound { text += ":" }
            text += HexadecimalText.print(group(index, of: bits))
        }
        return text
    }

    private static func group(_ index: Int, of bits: UInt128) -> UInt16 {
        UInt16(truncatingIfNeeded: bits >> UInt128(16 * (7 - index)))
    }
}
