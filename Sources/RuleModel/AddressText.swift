public import Packets

/// Addresses and masks as iptables reads and prints them.
public enum AddressText {
    /// A numeric address; nil for anything else. IPv4: fewer than four parts are a network's beginning (`10.1` is
    /// 10.1.0.0, `xtables_numeric_to_ipaddr`), and where a part is over 255, `inet_aton`'s forms hold
    /// (`1.2.65535` is 1.2.255.255). IPv6: RFC 4291 2.2, without zone.
    public static func address(_ text: some StringProtocol, family: AddressFamily) -> UInt128? {
        let bytes = Array(text.utf8)
        return family == .ipv4 ? ipv4(bytes).map { UInt128($0) } : ipv6(bytes[...])
    }

    /// What may stand behind the slash: a prefix length, or a mask in the form of an address.
    public static func mask(_ text: some StringProtocol, family: AddressFamily) -> UInt128? {
        if let length = parseNumber(text) {
            return length <= UInt64(family.bitWidth) ? IPPrefix.mask(Int(length), family: family) : nil
        }
        let bytes = Array(text.utf8)
        guard family == .ipv4 else { return ipv6(bytes[...]) }
        guard let parts = numbers(bytes), parts.count == 4, parts.allSatisfy({ $0 <= 255 }) else { return nil }
        return parts.reduce(0) { $0 << 8 | UInt128($1) }
    }

    /// As `inet_ntop` of glibc prints it.
    public static func text(_ bits: UInt128, family: AddressFamily) -> String {
        family == .ipv4 ? ipv4Text(UInt32(truncatingIfNeeded: bits)) : ipv6Text(bits)
    }

    /// `ADDRESS/LENGTH`, or `ADDRESS/MASK` if the mask is no prefix.
    public static func text(_ block: AddressMask, family: AddressFamily) -> String {
        let address = text(block.value, family: family)
        let length = block.mask.nonzeroBitCount
        return block.mask == IPPrefix.mask(length, family: family)
            ? "\(address)/\(length)" : "\(address)/\(text(block.mask, family: family))"
    }

    // MARK: IPv4

    private static func ipv4(_ bytes: [UInt8]) -> UInt32? {
        if let plain = dottedQuad(bytes[...]) { return plain }
        guard let parts = numbers(bytes), !parts.isEmpty, parts.count <= 4 else { return nil }
        if parts.allSatisfy({ $0 <= 255 }) {
            return (parts + [0, 0, 0]).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        }
        let lastBits = 8 * (5 - parts.count)
        guard parts.dropLast().allSatisfy({ $0 <= 255 }), parts[parts.count - 1] >> UInt64(lastBits) == 0 else {
            return nil
        }
        let head = parts.dropLast().reduce(UInt64(0)) { $0 << 8 | $1 }
        return UInt32(head << UInt64(lastBits) | parts[parts.count - 1])
    }

    /// Four decimal numbers without leading zeros: what nearly every rule has.
    private static func dottedQuad(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        var part: UInt32 = 0
        var digits = 0
        var dots = 0
        for byte in bytes {
            if byte == UInt8(ascii: ".") {
                guard digits > 0, dots < 3 else { return nil }
                value = value << 8 | part
                part = 0
                digits = 0
                dots += 1
            } else {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), digits == 0 || part != 0 else { return nil }
                part = part * 10 + UInt32(byte - UInt8(ascii: "0"))
                digits += 1
                guard part <= 255 else { return nil }
            }
        }
        return dots == 3 && digits > 0 ? value << 8 | part : nil
    }

    private static func numbers(_ bytes: [UInt8]) -> [UInt64]? {
        guard bytes.count <= 63 else { return nil }
        var values: [UInt64] = []
        for part in bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard let number = parseNumber(String(decoding: part, as: UTF8.self)) else { return nil }
            values.append(number)
        }
        return values
    }

    private static func ipv4Text(_ bits: UInt32) -> String {
        "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)"
    }

    // MARK: IPv6

    private static func ipv6(_ bytes: ArraySlice<UInt8>) -> UInt128? {
        guard bytes.count >= 2, bytes.count <= 45 else { return nil }
        guard let gap = firstGap(bytes) else { return groups(bytes).flatMap { $0.count == 8 ? joined($0) : nil } }
        guard let head = groups(bytes[..<gap], allowsIPv4: false), let tail = groups(bytes[(gap + 2)...]),
            head.count + tail.count < 8
        else { return nil }
        return joined(head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    private static func joined(_ groups: [UInt16]) -> UInt128 { groups.reduce(0) { $0 << 16 | UInt128($1) } }

    private static func firstGap(_ bytes: ArraySlice<UInt8>) -> Int? {
        bytes.indices.dropLast().first { bytes[$0] == UInt8(ascii: ":") && bytes[$0 + 1] == UInt8(ascii: ":") }
    }

    private static func groups(_ bytes: ArraySlice<UInt8>, allowsIPv4: Bool = true) -> [UInt16]? {
        guard !bytes.isEmpty else { return [] }
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if allowsIPv4, index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let quad = dottedQuad(part) else { return nil }
                groups += [UInt16(quad >> 16), UInt16(truncatingIfNeeded: quad)]
            } else {
                guard part.count <= 4, let first = part.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-"),
                    let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }

    private static func ipv6Text(_ bits: UInt128) -> String {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
        var gap = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(1, gap.count) { gap = start..<end }
            start = end + 1
        }
        if gap.lowerBound == 0, gap.count == 6 || gap.count == 5 && groups[5] == 0xffff {
            return (gap.count == 6 ? "::" : "::ffff:") + ipv4Text(UInt32(truncatingIfNeeded: bits))
        }
        func hex(_ part: some Sequence<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        return gap.isEmpty ? hex(groups) : hex(groups[..<gap.lowerBound]) + "::" + hex(groups[gap.upperBound...])
    }
}
