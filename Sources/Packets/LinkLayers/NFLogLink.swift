/// Packets that a NFLOG rule copied (https://www.tcpdump.org/linktypes/LINKTYPE_NFLOG.html): a header of family,
/// version and group, then fields of length, type and value, padded to 4 bytes; lengths are in host byte order of
/// the capturing machine.
enum NFLogLink {
    private static let payloadType: UInt16 = 9

    static func decode(_ bytes: RawSpan, into header: inout LinkHeader) {
        guard bytes.byteCount >= 4 else {
            header.content = .truncated
            return
        }
        guard bytes.byte(at: 1) == 0 else {
            header.content = .otherAddressFamily
            return
        }
        var offset = 4
        while bytes.byteCount >= offset + 4 {
            var length = Int(bytes.uint16(at: offset).byteSwapped)
            var type = bytes.uint16(at: offset + 2).byteSwapped
            // The types are below 256: a set high byte means the other byte order.
            if type > 0xff {
                length = Int(bytes.uint16(at: offset))
                type = bytes.uint16(at: offset + 2)
            }
            if type == payloadType {
                header.networkOffset = UInt32(truncatingIfNeeded: offset + 4)
                header.content =
                    switch bytes.byte(at: 0) {
                    case 2: .ipv4
                    case 10: .ipv6
                    default: .otherAddressFamily
                    }
                return
            }
            guard length >= 4 else { break }
            offset += (length + 3) & ~3
        }
        header.content = .truncated
    }
}
