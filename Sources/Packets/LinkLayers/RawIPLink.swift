/// An IP packet without link header: the version nibble says which.
enum RawIPLink {
    static func decode(_ bytes: RawSpan, at offset: Int, into header: inout LinkHeader) {
        guard bytes.byteCount > offset else {
            header.content = .truncated
            return
        }
        header.networkOffset = UInt32(truncatingIfNeeded: offset)
        // Anything else is an IPv4 packet of a wrong version, which the decoder then says.
        header.content = bytes.byte(at: offset) >> 4 == 6 ? .ipv6 : .ipv4
    }
}

/// An MPLS label stack (RFC 3032), which doesn't say what it carries.
enum MPLSLink {
    static func decode(_ bytes: RawSpan, at offset: Int, into header: inout LinkHeader) {
        for label in 0..<LinkLayer.maximumTags {
            let entry = offset + 4 * label
            guard bytes.byteCount > entry + 4 else {
                header.content = .truncated
                return
            }
            guard bytes.byte(at: entry + 2) & 1 != 0 else { continue }
            header.networkOffset = UInt32(truncatingIfNeeded: entry + 4)
            header.content =
                switch bytes.byte(at: entry + 4) >> 4 {
                case 4: .ipv4
                case 6: .ipv6
                default: .otherEtherType
                }
            return
        }
        header.content = .tooManyTags
    }
}
