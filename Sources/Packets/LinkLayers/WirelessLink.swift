/// IEEE 802.11 data frames, and the capture headers in front of them.
enum WirelessLink {
    static func decode(
        _ bytes: RawSpan, at offset: Int, padded: Bool = false, into header: inout LinkHeader
    ) {
        guard bytes.byteCount >= offset + 24 else {
            header.content =
                bytes.byteCount >= offset + 1 && bytes.byte(at: offset) & 0x0c != 0x08
                ? .wirelessControl : .truncated
            return
        }
        let control = bytes.byte(at: offset)
        let flags = bytes.byte(at: offset + 1)
        // Version 0, type 2 (data), and no "null" subtype.
        guard control & 0x0f == 0x08, control & 0x40 == 0 else {
            header.content = .wirelessControl
            return
        }
        var length = 24
        let toDS = flags & 1 != 0
        let fromDS = flags & 2 != 0
        if toDS && fromDS { length += 6 }
        let hasQoS = control & 0x80 != 0
        let qos = offset + length
        // The "order" flag of a QoS frame announces an HT control field.
        if hasQoS { length += flags & 0x80 != 0 ? 6 : 2 }
        if padded { length = (length + 3) & ~3 }
        guard bytes.byteCount >= offset + length else {
            header.content = .truncated
            return
        }
        header.hasMACs = true
        header.destinationMAC = address(bytes, at: offset + (toDS ? 16 : 4))
        header.sourceMAC = address(bytes, at: offset + (!fromDS ? 10 : toDS ? 24 : 16))
        header.packetType =
            !header.destinationMAC.isMulticast
            ? .host : header.destinationMAC == .broadcast ? .broadcast : .multicast
        let isAggregate = hasQoS && bytes.byte(at: qos) & 0x80 != 0
        guard flags & 0x40 == 0, !isAggregate else {
            header.content = .wirelessOpaque
            return
        }
        LLCLink.decode(bytes, at: offset + length, into: &header)
    }

    /// https://www.radiotap.org: little-endian; a bitmap of the fields present, then the fields, aligned.
    static func decodeRadiotap(_ bytes: RawSpan, into header: inout LinkHeader) {
        guard bytes.byteCount >= 8 else {
            header.content = .truncated
            return
        }
        let length = Int(bytes.uint16(at: 2).byteSwapped)
        guard length >= 8, length <= bytes.byteCount else {
            header.content = .truncated
            return
        }
        let present = bytes.uint32(at: 4).byteSwapped
        var field = 8
        var bitmap = present
        while bitmap & 0x8000_0000 != 0 {
            guard field + 4 <= length else {
                header.content = .truncated
                return
            }
            bitmap = bytes.uint32(at: field).byteSwapped
            field += 4
        }
        // Bit 0 is a timestamp of 8 bytes, bit 1 the flags, of which 0x20 is padding behind the MAC header.
        if present & 1 != 0 { field = ((field + 7) & ~7) + 8 }
        let padded = present & 2 != 0 && field < length && bytes.byte(at: field) & 0x20 != 0
        decode(bytes, at: length, padded: padded, into: &header)
    }

    /// A fixed header of 144 bytes, unless it is an AVS header after all.
    static func decodePrism(_ bytes: RawSpan, into header: inout LinkHeader) {
        if bytes.byteCount >= 4, bytes.uint32(at: 0) & 0xffff_f000 == 0x8021_1000 {
            decodeAVS(bytes, into: &header)
        } else {
            decode(bytes, at: 144, into: &header)
        }
    }

    static func decodeAVS(_ bytes: RawSpan, into header: inout LinkHeader) {
        guard bytes.byteCount >= 8, let length = Int(exactly: bytes.uint32(at: 4)), length >= 8,
            length <= bytes.byteCount
        else {
            header.content = .truncated
            return
        }
        decode(bytes, at: length, into: &header)
    }

    private static func address(_ bytes: RawSpan, at offset: Int) -> MACAddress {
        MACAddress(bits: UInt64(bytes.uint32(at: offset)) << 16 | UInt64(bytes.uint16(at: offset + 4)))
    }
}
