/// PPP (RFC 1661) in its framings, PPPoE sessions (RFC 2516) and Cisco HDLC.
enum PPPLink {
    /// With or without the address and control bytes of HDLC-like framing (RFC 1662), which a link may leave out.
    static func decodeFramed(_ bytes: RawSpan, into header: inout LinkHeader) {
        guard bytes.byteCount >= 4 else {
            header.content = .truncated
            return
        }
        switch bytes.uint16(at: 0) {
        case 0xff03: decode(bytes, at: 2, into: &header)
        case 0x0f00, 0x8f00: decodeCiscoHDLC(bytes, into: &header)
        default: decode(bytes, at: 0, into: &header)
        }
    }

    /// The payload of a PPPoE session frame, from the PPPoE header on.
    static func decodeSession(_ bytes: RawSpan, at offset: Int, into header: inout LinkHeader) {
        guard bytes.byteCount >= offset + 6 else {
            header.content = .truncated
            return
        }
        guard bytes.byte(at: offset + 1) == 0 else {
            header.content = .pppControl
            return
        }
        decode(bytes, at: offset + 6, into: &header)
    }

    static func decodeCiscoHDLC(_ bytes: RawSpan, into header: inout LinkHeader) {
        guard bytes.byteCount >= 4 else {
            header.content = .truncated
            return
        }
        let type = bytes.uint16(at: 2)
        guard type >= 0x0600 else {
            header.content = .llc
            return
        }
        EthernetLink.decode(type: type, bytes, at: 4, into: &header)
    }

    /// From the protocol field on, which is one byte if its low bit is set (protocol field compression).
    private static func decode(_ bytes: RawSpan, at offset: Int, into header: inout LinkHeader) {
        guard bytes.byteCount > offset else {
            header.content = .truncated
            return
        }
        var number = UInt16(bytes.byte(at: offset))
        var payload = offset + 1
        if number & 1 == 0 {
            guard bytes.byteCount >= offset + 2 else {
                header.content = .truncated
                return
            }
            number = bytes.uint16(at: offset)
            payload += 1
        }
        header.etherType = number
        header.networkOffset = UInt32(truncatingIfNeeded: payload)
        switch number {
        case 0x0021: header.content = .ipv4
        case 0x0057: header.content = .ipv6
        case 0x0281, 0x0283: MPLSLink.decode(bytes, at: payload, into: &header)
        default: header.content = .pppControl
        }
    }
}
