/// BSD loopback: four bytes with an address family, whose numbers and byte order are the capturing system's.
enum LoopbackLink {
    /// `LINKTYPE_NULL` is in the byte order of the capturing machine, whichever that was; `LINKTYPE_LOOP` is in
    /// network byte order, but not all writers know.
    static func decode(_ bytes: RawSpan, into header: inout LinkHeader) {
        guard bytes.byteCount >= 4 else {
            header.content = .truncated
            return
        }
        let family = bytes.uint32(at: 0)
        // A family is a small number: in the wrong order its bytes sit at the top.
        decode(family: family & 0xffff_0000 != 0 ? family.byteSwapped : family, into: &header)
    }

    private static func decode(family: UInt32, into header: inout LinkHeader) {
        header.networkOffset = 4
        header.content =
            switch family {
            case 2: .ipv4
            // Linux; NetBSD and OpenBSD; FreeBSD; Darwin.
            case 10, 24, 28, 30: .ipv6
            default: .otherAddressFamily
            }
    }
}
