/// IEEE 802.2 logical link control, and SNAP in it (RFC 1042).
enum LLCLink {
    static func decode(_ bytes: RawSpan, at offset: Int, into header: inout LinkHeader) {
        guard bytes.byteCount >= offset + 3 else {
            header.content = .truncated
            return
        }
        header.content = .llc
        guard bytes.byte(at: offset) == 0xaa, bytes.byte(at: offset + 1) == 0xaa,
            bytes.byte(at: offset + 2) == 3
        else { return }
        guard bytes.byteCount >= offset + 8 else {
            header.content = .truncated
            return
        }
        let organisation = bytes.uint32(at: offset + 2) & 0xff_ffff
        // 0x0000f8 is bridge-tunnelled Ethernet (802.1H); any other organisation has numbers of its own.
        guard organisation == 0 || organisation == 0xf8 else { return }
        let type = bytes.uint16(at: offset + 6)
        // No tag inside SNAP inside a tag …: that could nest as deep as the frame is long.
        guard type >= 0x0600, !EtherType.isVLANTag(type) else { return }
        EthernetLink.decode(type: type, bytes, at: offset + 8, into: &header)
    }
}
