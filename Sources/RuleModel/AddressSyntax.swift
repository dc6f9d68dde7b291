public import Packets

/// Addresses and masks as iptables reads and prints them.
public enum AddressSyntax {
    /// A numeric address; nil for anything else. IPv4: fewer than four parts are a network's beginning (`10.1` is
    /// 10.1.0.0, `xtables_numeric_to_ipaddr`), parts may be octal or hexadecimal, and where one is over 255,
    /// `inet_aton`'s forms hold (`1.2.65535` is 1.2.255.255).
    public static func address(_ text: some StringProtocol, family: AddressFamily) -> UInt128? {
        if let address = IPAddress(String(text)) { return address.family == family ? address.bits : nil }
        guard family == .ipv4, let parts = numbers(text) else { return nil }
        if parts.allSatisfy({ $0 <= 255 }) {
            return (parts + [0, 0, 0]).prefix(4).reduce(0) { $0 << 8 | UInt128($1) }
        }
        let last = parts[parts.count - 1]
        let lastBits = UInt64(8 * (5 - parts.count))
        guard parts.dropLast().allSatisfy({ $0 <= 255 }), last >> lastBits == 0 else { return nil }
        return UInt128(parts.dropLast().reduce(0) { $0 << 8 | $1 } << lastBits | last)
    }

    /// What may stand behind the slash: a prefix length, or a mask in the form of an address.
    public static func mask(_ text: some StringProtocol, family: AddressFamily) -> UInt128? {
        if let length = parseNumber(text) {
            return length <= UInt64(family.bitWidth) ? IPPrefix.mask(Int(length), family: family) : nil
        }
        if family == .ipv6 { return address(text, family: .ipv6) }
        guard let parts = numbers(text), parts.count == 4, parts.allSatisfy({ $0 <= 255 }) else { return nil }
        return parts.reduce(0) { $0 << 8 | UInt128($1) }
    }

    /// `ADDRESS/LENGTH`, or `ADDRESS/MASK` if the mask is no prefix.
    public static func text(_ block: AddressMask, family: AddressFamily) -> String {
        let address = IPAddress(family: family, bits: block.value)
        let length = block.mask.nonzeroBitCount
        return block.mask == IPPrefix.mask(length, family: family)
            ? "\(address)/\(length)" : "\(address)/\(IPAddress(family: family, bits: block.mask))"
    }

    /// One to four numbers with dots between.
    private static func numbers(_ text: some StringProtocol) -> [UInt64]? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 4 else { return nil }
        let values = parts.compactMap { parseNumber(String(decoding: $0, as: UTF8.self)) }
        return values.count == parts.count ? values : nil
    }
}
