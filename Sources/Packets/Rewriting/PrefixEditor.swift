/// Translates IPv6 prefixes without any connection, so that no checksum changes (RFC 6296; net/ipv6/netfilter/ip6t_NPT.c).
public struct PrefixEditor {
    private let from: IPPrefix
    private let to: IPPrefix
    /// What the prefixes' sums differ by, in ones' complement.
    private let adjustment: UInt64

    /// - Parameters: prefixes of at most 64 bits.
    public init(from: IPPrefix, to: IPPrefix) {
        self.from = from
        self.to = to
        adjustment =
            PrefixEditor.sum(from.address.bits)
            &+ UInt64(~InternetChecksum.fold(PrefixEditor.sum(to.address.bits)))
    }

    private static func sum(_ address: UInt128) -> UInt64 {
        InternetChecksum.halves(UInt64(truncatingIfNeeded: address >> 64))
            &+ InternetChecksum.halves(UInt64(truncatingIfNeeded: address))
    }

    /// The translated address; nil if none of its words can take the difference (`ip6t_npt_map_pfx`).
    public func translated(_ address: UInt128) -> UInt128? {
        let length = max(from.length, to.length)
        let mask = IPPrefix.mask(length, family: .ipv6)
        var address = address & ~mask | to.address.bits & mask
        // The fourth word is free behind 48 bits; else one of the host's part is taken that isn't all ones.
        let words = length <= 48 ? 3...3 : 4...7
        for index in words {
            let shift = UInt128(16 * (7 - index))
            let word = UInt16(truncatingIfNeeded: address >> shift)
            if length > 48, word == 0xffff { continue }
            let sum = InternetChecksum.fold(UInt64(word) &+ adjustment)
            address &= ~(0xffff << shift)
            address |= UInt128(sum == 0xffff ? 0 : sum) << shift
            return address
        }
        return nil
    }

    /// The frame of a packet whose source or destination is translated; an ICMPv6 error's quoted packet goes the other way.
    public func frame(
        _ frame: RawSpan, _ packet: Packet, translating isSource: Bool, to address: UInt128
    ) -> [UInt8] {
        var bytes = frame.withUnsafeBytes { Array($0) }
        PrefixEditor.write(address, at: Int(packet.networkOffset) + (isSource ? 8 : 24), &bytes)
        let quoted = Int(packet.transportOffset) + 8
        guard packet.transportProtocol == .icmpv6, packet.flags.contains(.hasTransportHeader),
            packet.icmpType < 128, quoted + 40 <= bytes.count
        else { return bytes }
        let place = quoted + (isSource ? 24 : 8)
        let inner = bytes.span.bytes.uint128(at: place)
        if concerns(inner), let translated = translated(inner) {
            PrefixEditor.write(translated, at: place, &bytes)
        }
        return bytes
    }

    private static func write(_ address: UInt128, at offset: Int, _ bytes: inout [UInt8]) {
        for index in 0..<16 {
            bytes[offset + index] = UInt8(truncatingIfNeeded: address >> UInt128(8 * (15 - index)))
        }
    }

    /// Whether an address begins with the prefix that is translated.
    private func concerns(_ address: UInt128) -> Bool {
        from.contains(IPAddress(family: .ipv6, bits: address))
    }
}
