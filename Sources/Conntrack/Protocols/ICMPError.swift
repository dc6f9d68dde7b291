internal import Packets

/// What an ICMP or ICMPv6 packet is to connection tracking, before any lookup (`nf_conntrack_handle_icmp`).
enum ICMPClass {
    /// To be looked up by its own tuple.
    case query
    case untracked
    case invalid(InvalidReason)
    /// It speaks of the packet whose IP header begins at this offset in the frame.
    case error(quotedAt: Int)

    init(_ packet: Packet, _ bytes: RawSpan, _ checksum: ChecksumVerdict) {
        switch (packet.family, packet.transportProtocol) {
        case (.ipv4, .icmp): self.init(icmp: TransportBytes(of: packet), bytes, checksum)
        case (.ipv6, .icmpv6): self.init(icmpv6: packet, bytes, checksum)
        default: self = .query
        }
    }

    private init(icmp transport: TransportBytes, _ bytes: RawSpan, _ checksum: ChecksumVerdict) {
        guard transport.length >= 8, let type = bytes.uint8(at: transport.start, before: transport.end) else {
            self = .invalid(.truncatedHeader)
            return
        }
        switch type {
        case _ where checksum == .bad: self = .invalid(.badChecksum)
        case 3, 4, 5, 11, 12: self = .error(quotedAt: transport.start + 8)
        case 0...18: self = .query
        default: self = .invalid(.icmpType)
        }
    }

    private init(icmpv6 packet: Packet, _ bytes: RawSpan, _ checksum: ChecksumVerdict) {
        let transport = TransportBytes(of: packet)
        guard transport.length >= 8, let type = bytes.uint8(at: transport.start, before: transport.end) else {
            self = .invalid(.truncatedHeader)
            return
        }
        switch type {
        case _ where checksum == .bad: self = .invalid(.badChecksum)
        case _ where ICMPv6Tracker.isUntracked(type): self = .untracked
        case 137: self.init(redirect: packet, transport, bytes)
        case 128...: self = .query
        default: self = .error(quotedAt: transport.start + 8)
        }
    }

    /// A redirect (RFC 4861 4.5) is an error if its first option is the redirected header.
    private init(redirect packet: Packet, _ transport: TransportBytes, _ bytes: RawSpan) {
        let option = transport.start + 40
        guard let code = bytes.uint8(at: transport.start + 1, before: transport.end),
            let kind = bytes.uint8(at: option, before: transport.end),
            let length = bytes.uint8(at: option + 1, before: transport.end), length != 0
        else {
            self = .invalid(.truncatedHeader)
            return
        }
        let isLinkLocal = packet.source >> 118 == 0xfe80 >> 6
        guard code == 0, packet.hopLimit == 255, isLinkLocal, kind == 4 else {
            self = .invalid(.icmpType)
            return
        }
        self = .error(quotedAt: option + 8)
    }
}

extension FlowTuple {
    /// The tuple of the packet that an ICMP error quotes at `start`, as far as `end` (`nf_ct_get_tuplepr`).
    /// Nil if not enough of it is there, or if it is a fragment behind the first.
    init?(quotedAt start: Int, before end: Int, family: AddressFamily, _ bytes: RawSpan) {
        let quoted =
            family == .ipv4 ? QuotedHeader(ipv4: start, end, bytes) : QuotedHeader(ipv6: start, end, bytes)
        guard let quoted else { return nil }
        let transport = TransportBytes(start: quoted.transportStart, end: end)
        do throws(UntrackablePacket) {
            try self.init(
                family: family, transportProtocol: quoted.transportProtocol, source: quoted.source,
                destination: quoted.destination, transport: transport, bytes: bytes)
        } catch {
            return nil
        }
    }
}

/// The IP header that an ICMP error quotes.
private struct QuotedHeader {
    var source: UInt128
    var destination: UInt128
    var transportProtocol: IPProtocol
    var transportStart: Int

    init?(ipv4 start: Int, _ end: Int, _ bytes: RawSpan) {
        guard let versionAndLength = bytes.uint8(at: start, before: end),
            let fragment = bytes.uint16(at: start + 6, before: end),
            let number = bytes.uint8(at: start + 9, before: end),
            let source = bytes.uint32(at: start + 12, before: end),
            let destination = bytes.uint32(at: start + 16, before: end),
            fragment & 0x1fff == 0
        else { return nil }
        // The kernel looks neither at the version nor for a length below 20.
        transportStart = start + Int(versionAndLength & 0xf) * 4
        guard transportStart <= end else { return nil }
        transportProtocol = IPProtocol(rawValue: number)
        self.source = UInt128(source)
        self.destination = UInt128(destination)
    }

    init?(ipv6 start: Int, _ end: Int, _ bytes: RawSpan) {
        guard var next = bytes.uint8(at: start + 6, before: end),
            let source = bytes.uint128(at: start + 8, before: end),
            let destination = bytes.uint128(at: start + 24, before: end)
        else { return nil }
        self.source = source
        self.destination = destination
        var at = start + 40
        while true {
            switch next {
            case 0, 43, 60, 44, 51:
                guard let following = bytes.uint8(at: at, before: end),
                    let length = bytes.uint8(at: at + 1, before: end)
                else { return nil }
                var size = (Int(length) + 1) * 8
                if next == 51 { size = (Int(length) + 2) * 4 }
                if next == 44 {
                    guard let fragment = bytes.uint16(at: at + 2, before: end), fragment & 0xfff8 == 0 else {
                        return nil
                    }
                    size = 8
                }
                next = following
                at += size
            case 59:
                return nil
            default:
                transportProtocol = IPProtocol(rawValue: next)
                transportStart = at
                return
            }
        }
    }
}
