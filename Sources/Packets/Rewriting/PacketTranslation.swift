/// What the address translation of its connection made of a packet.
public struct PacketTranslation: Hashable, Sendable, BitwiseCopyable {
    public struct End: Hashable, Sendable, BitwiseCopyable {
        /// See `IPAddress.bits`.
        public var address: UInt128
        /// The port, the identifier of an ICMP query, or the call of PPTP's GRE.
        public var port: UInt16

        @inlinable public init(address: UInt128, port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    /// The connection's protocol.
    public var transportProtocol: IPProtocol
    /// Nil: it stays as it was.
    public var source: End?
    public var destination: End?
    /// Whether the packet is an ICMP error of its connection: its own addresses change, and the packet that it quotes gets
    /// the new source as its destination, and the new destination as its source.
    public var isError: Bool

    public init(_ transportProtocol: IPProtocol, isError: Bool = false) {
        self.transportProtocol = transportProtocol
        self.isError = isError
    }
}

extension Packet {
    /// Takes over the ends of a translation.
    public mutating func take(_ translation: PacketTranslation) {
        if let end = translation.source {
            source = end.address
            if !translation.isError {
                if transportProtocol.hasTranslatedPorts { sourcePort = end.port }
                if hasTranslatedIdentifier { icmpIdentifier = end.port }
            }
        }
        if let end = translation.destination {
            destination = end.address
            if !translation.isError {
                if transportProtocol.hasTranslatedPorts { destinationPort = end.port }
                if hasTranslatedIdentifier { icmpIdentifier = end.port }
            }
        }
    }

    private var hasTranslatedIdentifier: Bool {
        (transportProtocol == .icmp || transportProtocol == .icmpv6)
            && icmpType.isTranslatedQuery(transportProtocol)
    }
}

extension IPProtocol {
    /// Whether translation changes ports (`l4proto_manip_pkt` in `nf_nat_proto.c`); of DCCP, only addresses.
    var hasTranslatedPorts: Bool {
        switch self {
        case .tcp, .udp, .udpLite, .sctp: true
        default: false
        }
    }
}

extension UInt8 {
    /// Whether translation changes the identifier of ICMP messages of this type (`icmp_manip_pkt`, `icmpv6_manip_pkt`).
    func isTranslatedQuery(_ transportProtocol: IPProtocol) -> Bool {
        switch self {
        case 0, 8, 13...18: transportProtocol == .icmp
        case 128, 129: transportProtocol == .icmpv6
        default: false
        }
    }
}

extension PacketTranslation {
    /// Whether the kernel can write it: else it drops the packet. The quoted packet needs 8 bytes behind its IP header, and
    /// to a translated destination leads only GRE of versions 0 and 1.
    /// - Parameter frame: the packet's.
    public func canBeWritten(_ packet: Packet, _ frame: RawSpan) -> Bool {
        let start = Int(packet.transportOffset)
        let end = min(start + Int(packet.transportLength), frame.byteCount)
        if transportProtocol == .gre, !isError {
            guard packet.transportLength >= 8 else { return false }
            return destination == nil || start + 2 > end || frame.uint16(at: start) & 7 <= 1
        }
        guard isError, hasTransportHeader(transportProtocol) else { return true }
        let inner = start + 8
        guard packet.family == .ipv4, inner + 20 <= end else { return packet.family == .ipv6 }
        return inner + Int(frame.byte(at: inner) & 0x0f) * 4 + 8 <= start + Int(packet.transportLength)
    }

    private func hasTransportHeader(_ transportProtocol: IPProtocol) -> Bool {
        transportProtocol.hasTranslatedPorts || transportProtocol == .icmp || transportProtocol == .icmpv6
    }
}
