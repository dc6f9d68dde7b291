extension PacketDecoder {
    /// Follows `ip_rcv_core` (net/ipv4/ip_input.c).
    @inline(__always)
    func decodeIPv4(
        _ bytes: RawSpan, networkOffset offset: Int, originalLength: Int, into packet: inout Packet
    ) -> Malformation? {
        let captured = bytes.byteCount - offset
        let onWire = max(originalLength - offset, captured)
        guard captured >= 20 else { return onWire >= 20 ? .headerCutByCapture : .ipHeaderTruncated }

        // version, length, TOS, total length, identification, flags and offset
        let first = bytes.uint64(at: offset)
        // TTL, protocol, checksum, source
        let second = bytes.uint64(at: offset + 8)
        let destination = bytes.uint32(at: offset + 16)
        guard first >> 60 == 4 else { return .badVersion }
        let headerLength = Int(truncatingIfNeeded: first >> 54) & 0x3c
        guard headerLength >= 20 else { return .badHeaderLength }
        guard headerLength <= onWire else { return .ipHeaderTruncated }

        if verifiesHeaderChecksum && headerLength <= captured {
            var sum = InternetChecksum.halves(first) &+ InternetChecksum.halves(second) &+ UInt64(destination)
            if headerLength > 20 {
                sum &+= InternetChecksum.sum(bytes, from: offset + 20, count: headerLength - 20)
            }
            guard InternetChecksum.fold(sum) == 0xffff else { return .badHeaderChecksum }
        }

        let protocolNumber = UInt8(truncatingIfNeeded: second >> 48)
        var totalLength = Int(truncatingIfNeeded: first >> 32) & 0xffff
        if totalLength < headerLength {
            guard totalLength == 0, PacketDecoder.isOffloadedLength(available: onWire, protocolNumber)
            else { return .totalLengthTooSmall }
            totalLength = onWire
        }
        guard totalLength <= onWire else { return .totalLengthTooLarge }

        var flags: PacketFlags = []
        let fragment = UInt16(truncatingIfNeeded: first)
        if fragment & 0x4000 != 0 { flags.insert(.dontFragment) }
        if fragment & 0x2000 != 0 { flags.insert(.moreFragments) }
        if headerLength > 20 { flags.insert(.hasOptions) }
        if captured < totalLength { flags.insert(.cutByCapture) }

        packet.family = .ipv4
        packet.source = UInt128(second & 0xffff_ffff)
        packet.destination = UInt128(destination)
        packet.transportProtocol = IPProtocol(rawValue: protocolNumber)
        packet.trafficClass = UInt8(truncatingIfNeeded: first >> 48)
        packet.hopLimit = UInt8(truncatingIfNeeded: second >> 56)
        packet.totalLength = UInt32(truncatingIfNeeded: totalLength)
        packet.identification = UInt32(truncatingIfNeeded: first >> 16) & 0xffff
        packet.fragmentOffset = fragment & 0x1fff
        packet.flags = flags
        packet.networkOffset = UInt32(truncatingIfNeeded: offset)
        packet.transportOffset = UInt32(truncatingIfNeeded: offset + headerLength)
        packet.transportLength = UInt32(truncatingIfNeeded: totalLength - headerLength)
        packet.transportCaptured = UInt32(
            truncatingIfNeeded: max(0, min(totalLength, captured) - headerLength))
        packet.decodeTransport(bytes)
        return nil
    }
}
