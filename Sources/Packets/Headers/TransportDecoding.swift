extension Packet {
    /// Fills the upper-layer fields from the bytes at `transportOffset`; all are set, so that a packet may be reused.
    @inline(__always)
    mutating func decodeTransport(_ bytes: RawSpan) {
        sourcePort = 0
        destinationPort = 0
        icmpType = 0
        icmpCode = 0
        icmpIdentifier = 0
        tcpFlags = []
        tcpHeaderLength = 0
        tcpWindow = 0
        tcpSequence = 0
        tcpAcknowledgement = 0
        guard fragmentOffset == 0, !flags.contains(.brokenHeaderChain) else { return }

        let offset = Int(transportOffset)
        let available = Int(transportCaptured)
        if transportProtocol == .tcp && available >= 20 {
            let ports = bytes.uint64(at: offset)
            let rest = bytes.uint64(at: offset + 8)
            sourcePort = UInt16(truncatingIfNeeded: ports >> 48)
            destinationPort = UInt16(truncatingIfNeeded: ports >> 32)
            tcpSequence = UInt32(truncatingIfNeeded: ports)
            tcpAcknowledgement = UInt32(truncatingIfNeeded: rest >> 32)
            tcpHeaderLength = UInt8(truncatingIfNeeded: rest >> 26) & 0x3c
            tcpFlags = TCPFlags(rawValue: UInt8(truncatingIfNeeded: rest >> 16))
            tcpWindow = UInt16(truncatingIfNeeded: rest)
            flags.formUnion([.hasTransportHeader, .hasPorts])
        } else if transportProtocol == .udp && available >= 8 {
            let ports = bytes.uint32(at: offset)
            sourcePort = UInt16(truncatingIfNeeded: ports >> 16)
            destinationPort = UInt16(truncatingIfNeeded: ports)
            flags.formUnion([.hasTransportHeader, .hasPorts])
        } else {
            decodeOtherTransport(bytes, at: offset, available: available)
        }
    }

    /// The rarer protocols, and the headers that are cut short.
    @inline(never)
    private mutating func decodeOtherTransport(_ bytes: RawSpan, at offset: Int, available: Int) {
        let isWhole = available >= transportProtocol.fixedHeaderLength
        if isWhole { flags.insert(.hasTransportHeader) }
        if transportProtocol.hasPorts {
            guard available >= 4 else { return }
            flags.insert(.hasPorts)
            sourcePort = bytes.uint16(at: offset)
            destinationPort = bytes.uint16(at: offset + 2)
        } else if isWhole && (transportProtocol == .icmp || transportProtocol == .icmpv6) {
            icmpType = bytes.byte(at: offset)
            icmpCode = bytes.byte(at: offset + 1)
            if hasICMPIdentifier { icmpIdentifier = bytes.uint16(at: offset + 4) }
        }
    }

    /// Queries and their replies: those that `nf_conntrack_proto_icmp.c` and `…_icmpv6.c` can invert. (The field of
    /// an ICMPv6 node information query is its Qtype, RFC 4620, which connection tracking takes for an identifier.)
    private var hasICMPIdentifier: Bool {
        switch (transportProtocol, icmpType) {
        case (.icmp, 0), (.icmp, 8), (.icmp, 13...18): true
        case (.icmpv6, 128), (.icmpv6, 129), (.icmpv6, 139), (.icmpv6, 140): true
        default: false
        }
    }
}

extension IPProtocol {
    /// Whether the upper-layer header begins with source and destination port.
    public var hasPorts: Bool {
        switch self {
        case .tcp, .udp, .udpLite, .sctp, .dccp: true
        default: false
        }
    }

    /// The length in bytes of the part of the upper-layer header that every packet of the protocol has; 0 for a
    /// protocol that isn't known here.
    public var fixedHeaderLength: Int {
        switch self {
        case .tcp: 20
        case .sctp, .dccp, .ah: 12
        case .udp, .udpLite, .icmp, .icmpv6, .igmp, .esp: 8
        case .gre: 4
        default: 0
        }
    }
}
