public import Packets

/// Addresses and masks as iptables reads and prints them.
public enum AddressSyntax {
    /// A numeric address; nil for anything else. IPv4: fewer than four parts are a network's beginning (`10.1` is
    /// 10.1.0.0, `xtables_numeric_to_ipaddr`), parts may be octal or hexadecimal, and where one is over 255,
    /// `inet_aton`'s forms hold (`1.2.65535` is 1.2.255.255).
    public static func address(_ text: some StringProtocol, family: AddressFamily) -> UInt128? {
        if let address = IPAddress(String(text)) { return address.family == family ? address.bits : nil }
        return parseDottedAddress(String(text), family) ?? parseNetworkAddress(String(text), family)
    }

    /// What may stand behind the slash: a prefix length, or a mask in the form of an address.
    public static func mask(_ text: some StringProtocol, family: AddressFamily) -> UInt128? {
        if let length = parseNumber(text) {
            return length <= UInt64(family.bitWidth) ? IPPrefix.mask(Int(length), family: family) : nil
        }
        if family == .ipv6 { return address(text, family: .ipv6) }
        return text.utf8.count { $0 == UInt8(ascii: ".") } == 3
            ? parseDottedAddress(String(text), .ipv4) : nil
    }

    /// `ADDRESS/LENGTH`, or `ADDRESS/MASK` if the mask is no prefix.
    public static func text(_ block: AddressMask, family: AddressFamily) -> String {
        let address = IPAddress(family: family, bits: block.value)
        let length = block.mask.nonzeroBitCount
        return block.mask == IPPrefix.mask(length, family: family)
            ? "\(address)/\(length)" : "\(address)/\(IPAddress(family: family, bits: block.mask))"
    }
}
