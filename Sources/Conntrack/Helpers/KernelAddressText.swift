internal import Packets

/// Addresses as the kernel prints them into messages (`%pI4`, `%pI6c`): of IPv6, those end dotted that are mapped, or made
/// for ISATAP (RFC 5214), not those that are compatible.
enum KernelAddressText {
    static func print(_ address: UInt128, _ family: AddressFamily) -> String {
        guard family == .ipv6 else { return dotted(address) }
        let identifier = UInt32(truncatingIfNeeded: address >> 32)
        if address >> 32 == 0xffff { return "::ffff:" + dotted(address) }
        guard identifier | 0x0200_0000 != 0x0200_5efe else {
            return compressed(address, groups: 6) + ":" + dotted(address)
        }
        return compressed(address, groups: 8)
    }

    private static func dotted(_ address: UInt128) -> String {
        IPAddress.v4(UInt32(truncatingIfNeeded: address)).description
    }

    /// The first of the longest runs of zero groups becomes `::`.
    private static func compressed(_ address: UInt128, groups count: Int) -> String {
        let groups = (0..<count).map { UInt16(truncatingIfNeeded: address >> UInt128(16 * (7 - $0))) }
        var longest = 0..<0
        for start in 0..<count {
            let end = groups[start...].firstIndex { $0 != 0 } ?? count
            if end - start > max(1, longest.count) { longest = start..<end }
        }
        let text = { (range: Range<Int>) in
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !longest.isEmpty else { return text(0..<count) }
        return text(0..<longest.lowerBound) + "::" + text(longest.upperBound..<count)
    }
}
