extension PacketDecoder {
    /// Follows `ip6_rcv_core` (net/ipv6/ip6_input.c).
    func decodeIPv6(
        _ bytes: RawSpan, networkOffset offset: Int, originalLength: Int, into packet: inout Packet
    ) -> Malformation? {
        let captured = bytes.byteCount - offset
        let onWire = max(originalLength - offset, captured)
        guard captured >= 40 else { return onWire >= 40 ? .headerCutByCapture : .ipHeaderTruncated }

        // version, traffic class, flow label, payload length, next header, hop limit
        let first = bytes.uint64(at: offset)
        guard first >> 60 == 6 else { return .badVersion }
        let source = bytes.uint128(at: offset + 8)
        let destination = bytes.uint128(at: offset + 24)
        if checksAddressScope {
            if let bad = PacketDecoder.scopeMalformation(source: source, destination: destination) {
                return bad
            }
        }

        let nextHeader = UInt8(truncatingIfNeeded: first >> 8)
        let payloadLength = Int(truncatingIfNeeded: first >> 16) & 0xffff
        var totalLength = payloadLength + 40
        if payloadLength == 0
            && (nextHeader == ExtensionHeader.hopByHop
                || PacketDecoder.isOffloadedLength(available: onWire, nextHeader))
        {
            totalLength = onWire
        }
        guard totalLength <= onWire else { return .totalLengthTooLarge }
        if nextHeader == ExtensionHeader.hopByHop {
            let malformation = HopByHopOptions.check(
                bytes, networkOffset: offset, captured: captured, payloadLength: payloadLength,
                totalLength: &totalLength)
            if let malformation { return malformation }
        }

        packet.family = .ipv6
        packet.source = source
        packet.destination = destination
        packet.transportProtocol = IPProtocol(rawValue: nextHeader)
        packet.trafficClass = UInt8(truncatingIfNeeded: first >> 52)
        packet.hopLimit = UInt8(truncatingIfNeeded: first)
        packet.totalLength = UInt32(truncatingIfNeeded: totalLength)
        packet.identification = 0
        packet.fragmentOffset = 0
        packet.flags = captured < totalLength ? .cutByCapture : []
        packet.networkOffset = UInt32(truncatingIfNeeded: offset)
        var headersLength = 40
        if ExtensionHeader.isExtension(nextHeader) {
            headersLength = packet.walkExtensionHeaders(bytes, available: min(totalLength, captured))
        }
        packet.transportOffset = UInt32(truncatingIfNeeded: offset + headersLength)
        packet.transportLength = UInt32(truncatingIfNeeded: max(0, totalLength - headersLength))
        packet.transportCaptured = UInt32(
            truncatingIfNeeded: max(0, min(totalLength, captured) - headersLength))
        packet.decodeTransport(bytes)
        return nil
    }

    /// RFC 4291, 2.5.3 and 2.7, as the kernel enforces them on what comes in over a link.
    private static func scopeMalformation(source: UInt128, destination: UInt128) -> Malformation? {
        if source == 1 || destination == 1 { return .loopbackAddressOnWire }
        if source >> 120 == 0xff { return .badAddressScope }
        guard destination >> 120 == 0xff else { return nil }
        let scope = UInt8(truncatingIfNeeded: destination >> 112) & 0x0f
        return scope <= 1 ? .badAddressScope : nil
    }
}

/// IPv6 extension headers, as the kernel's `ipv6_ext_hdr` knows them. Mobility (135), HIP, Shim6 and ESP aren't
/// among them: they end the walk as an upper layer.
public enum ExtensionHeader {
    public static let hopByHop: UInt8 = 0
    public static let routing: UInt8 = 43
    public static let fragment: UInt8 = 44
    public static let authentication: UInt8 = 51
    public static let noNext: UInt8 = 59
    public static let destinationOptions: UInt8 = 60

    public static func isExtension(_ number: UInt8) -> Bool {
        switch number {
        case hopByHop, routing, fragment, authentication, noNext, destinationOptions: true
        default: false
        }
    }
}

extension Packet {
    /// Follows `ipv6_find_hdr` (net/ipv6/exthdrs_core.c) with no target and no flags, as `ip6tables -p` calls it:
    /// AH is skipped, and a later fragment has an upper layer only if what follows its fragment header is one. A header
    /// that says it is longer than the packet leads to its upper layer all the same, of which nothing is there.
    ///
    /// Every header is at least 8 bytes long, which bounds the walk.
    /// - Parameter available: bytes from the IPv6 header on that belong to the packet and were captured.
    /// - Returns: the length of IPv6 header and extension headers.
    fileprivate mutating func walkExtensionHeaders(_ bytes: RawSpan, available: Int) -> Int {
        let base = Int(networkOffset)
        var next = transportProtocol.rawValue
        var start = 40
        walk: while ExtensionHeader.isExtension(next) && next != ExtensionHeader.noNext {
            flags.insert(.hasOptions)
            // The routing header is read up to its segments left, the fragment header up to its offset.
            let needed = next == ExtensionHeader.routing || next == ExtensionHeader.fragment ? 4 : 2
            guard start + needed <= available else {
                flags.insert(.brokenHeaderChain)
                break
            }
            let following = bytes.byte(at: base + start)
            let lengthField = Int(bytes.byte(at: base + start + 1))
            let length: Int
            switch next {
            case ExtensionHeader.fragment:
                length = 8
                readFragmentHeader(bytes, at: base + start, isWhole: start + 8 <= available)
                guard fragmentOffset == 0 else {
                    let isUpperLayer =
                        !ExtensionHeader.isExtension(following) || following == ExtensionHeader.noNext
                    if !isUpperLayer { flags.insert(.brokenHeaderChain) }
                    next = following
                    start += length
                    break walk
                }
            case ExtensionHeader.authentication: length = (lengthField + 2) * 4
            default: length = (lengthField + 1) * 8
            }
            next = following
            start += length
        }
        transportProtocol = IPProtocol(rawValue: next)
        return min(start, available)
    }

    private mutating func readFragmentHeader(_ bytes: RawSpan, at offset: Int, isWhole: Bool) {
        let word = bytes.uint16(at: offset + 2)
        flags.insert(.hasFragmentHeader)
        fragmentOffset = word >> 3
        if word & 1 != 0 { flags.insert(.moreFragments) }
        if word & 6 != 0 || bytes.byte(at: offset + 1) != 0 { flags.insert(.fragmentReservedBits) }
        if isWhole { identification = bytes.uint32(at: offset + 4) }
    }
}
