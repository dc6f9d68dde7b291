import Diagnostics
public import Packets

extension OptionReader {
    /// An address of the rule's family (XTTYPE_HOST of libxtables/xtoptions.c). Names are never resolved.
    public mutating func address(_ argument: Argument) -> UInt128? {
        guard let address = parseNetworkAddress(argument.text, context.family) else {
            let isName = HeaderReader.isHostName(argument.text)
            error(
                isName
                    ? HeaderReader.hostName(argument.text)
                    : "\"\(argument.text)\" is no \(context.family.label) address", at: argument.range,
                code: isName ? "FW011" : "FW001")
            return nil
        }
        return address
    }

    /// An address of the rule's family, and behind a slash a prefix length or a mask (XTTYPE_HOSTMASK of
    /// libxtables/xtoptions.c). Names are never resolved. The address keeps the bits outside the mask.
    public mutating func addressAndMask(_ argument: Argument) -> (address: UInt128, mask: UInt128)? {
        let parts = argument.pieces(separator: "/")
        let family = context.family
        guard let address = address(parts[0]) else { return nil }
        guard parts.count > 1 else { return (address, family.allOnes) }
        guard parts.count == 2 else {
            error("an address has one mask", at: parts[2].range)
            return nil
        }
        if let length = parseNumber(parts[1].text), length <= UInt64(family.bitWidth) {
            return (address, IPPrefix.mask(Int(length), family: family))
        }
        guard let mask = parseNetworkAddress(parts[1].text, family) else {
            error("\"\(parts[1].text)\" is neither a prefix length nor a mask", at: parts[1].range)
            return nil
        }
        guard prefixLength(ofMask: mask, family) != nil else {
            warning("iptables takes a mask that is no prefix for the whole address here", at: parts[1].range)
            return (address, family.allOnes)
        }
        return (address, mask)
    }

    /// A prefix length, or a mask that is one (XTTYPE_PLEN and XTTYPE_PLENMASK).
    /// - Parameter otherwise: what the option takes a mask for that is no prefix; nil if the kernel refuses it.
    public mutating func maskLength(_ argument: Argument, otherwise: Int?) -> Int? {
        let family = context.family
        if let length = parseNumber(argument.text), length <= UInt64(family.bitWidth) { return Int(length) }
        guard let mask = parseNetworkAddress(argument.text, family) else {
            error("\"\(argument.text)\" is neither a prefix length nor a mask", at: argument.range)
            return nil
        }
        if let length = prefixLength(ofMask: mask, family) { return length }
        guard let otherwise else {
            error("\"\(argument.text)\" is a mask with gaps", at: argument.range)
            return nil
        }
        warning("iptables takes a mask with gaps for /\(otherwise) here", at: argument.range)
        return otherwise
    }

    /// `from-to` or one address (`iprange_parse_range` in extensions/libxt_iprange.c). The addresses may be the wrong
    /// way round, which iptables only warns of.
    public mutating func addressRange(_ argument: Argument) -> (low: UInt128, high: UInt128)? {
        let text = argument.text
        let ends: [Argument]
        if let dash = text.firstIndex(of: "-") {
            let parts = argument.pieces(separator: "-")
            let high = parts.count == 2 ? parts[1].text : String(text[text.index(after: dash)...])
            ends = [
                parts[0], Argument(text: high, range: parts[1].range.union(parts[parts.count - 1].range)),
            ]
        } else {
            ends = [argument]
        }
        var values: [UInt128] = []
        for end in ends {
            guard let value = parseDottedAddress(end.text, context.family) else {
                error("\"\(end.text)\" is no \(context.family.label) address", at: end.range)
                return nil
            }
            values.append(value)
        }
        _ = isAscending(values[0] <= values[values.count - 1], argument, mayBeReversed: true)
        return (values[0], values[values.count - 1])
    }
}

/// The length of a mask of leading ones; nil for any other mask.
public func prefixLength(ofMask mask: UInt128, _ family: AddressFamily) -> Int? {
    let length = (mask << UInt128(128 - family.bitWidth)).leadingOneBitCount
    return IPPrefix.mask(length, family: family) == mask ? length : nil
}

extension UInt128 {
    fileprivate var leadingOneBitCount: Int { (~self).leadingZeroBitCount }
}

extension AddressFamily {
    fileprivate var label: String { self == .ipv4 ? "IPv4" : "IPv6" }
}

/// An address as `inet_aton` or `inet_pton` reads it: IPv4 of one to four numbers, also octal or hexadecimal, of
/// which the last fills the bytes that remain.
public func parseNetworkAddress(_ text: String, _ family: AddressFamily) -> UInt128? {
    guard family == .ipv4 else { return parseIPv6(text) }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 4 else { return nil }
    var address: UInt64 = 0
    for (index, part) in parts.enumerated() {
        guard let first = part.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
            let value = parseNumber(part)
        else { return nil }
        let isLast = index == parts.count - 1
        let bits = isLast ? UInt64(8 * (4 - index)) : 8
        guard value < 1 << bits else { return nil }
        address = address << bits | value
    }
    return UInt128(address)
}

/// An address as `xtables_numeric_to_ipaddr` or `inet_pton` reads it: IPv4 of one to four numbers, also octal or
/// hexadecimal, behind which zero bytes fill up.
public func parseDottedAddress(_ text: String, _ family: AddressFamily) -> UInt128? {
    guard family == .ipv4 else { return parseIPv6(text) }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 4 else { return nil }
    var address: UInt128 = 0
    for index in 0..<4 {
        var byte: UInt64 = 0
        if index < parts.count {
            guard let value = parseNumber(parts[index]), value <= 255 else { return nil }
            byte = value
        }
        address = address << 8 | UInt128(byte)
    }
    return address
}

private func parseIPv6(_ text: String) -> UInt128? {
    guard let address = IPAddress(text), address.family == .ipv6 else { return nil }
    return address.bits
}
