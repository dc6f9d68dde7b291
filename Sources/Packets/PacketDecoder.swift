/// What a frame turned out to be.
public enum FrameContent: Sendable, BitwiseCopyable {
    case packet
    /// Never IPv4 or IPv6; the raw value is the reason.
    case notIP(LinkContent)
    case malformed(Malformation)
}

/// From bytes to `Packet`, refusing what the kernel's `ip_rcv_core` and `ip6_rcv_core` refuse.
public struct PacketDecoder: Sendable, BitwiseCopyable {
    /// Whether a wrong IPv4 header checksum is a malformation. To be switched off for captures made on the sending
    /// host whose network card computes it.
    public var verifiesHeaderChecksum: Bool
    /// Whether the packet came over a link, so that addresses that may not appear there (::1, interface-local and
    /// reserved multicast scopes, a multicast source; all IPv6) are malformations. False for the loopback interface
    /// and for packets the host itself sends.
    public var checksAddressScope: Bool

    @inlinable public init(verifiesHeaderChecksum: Bool = true, checksAddressScope: Bool = true) {
        self.verifiesHeaderChecksum = verifiesHeaderChecksum
        self.checksAddressScope = checksAddressScope
    }

    /// Decodes link layer and packet.
    /// - Parameters:
    ///   - link: what the link layer says, in any case.
    ///   - packet: filled if the result is `packet`, else left in an unspecified state.
    public func decode(
        _ frame: Frame, _ bytes: RawSpan, link: inout LinkHeader, packet: inout Packet
    ) -> FrameContent {
        LinkLayer.decode(frame, bytes, into: &link)
        let malformation: Malformation?
        switch link.content {
        case .ipv4:
            malformation = decodeIPv4(
                bytes, networkOffset: Int(link.networkOffset), originalLength: Int(frame.originalLength),
                into: &packet)
        case .ipv6:
            malformation = decodeIPv6(
                bytes, networkOffset: Int(link.networkOffset), originalLength: Int(frame.originalLength),
                into: &packet)
        case .truncated: return .malformed(.linkHeaderTruncated)
        case .cutByCapture: return .malformed(.headerCutByCapture)
        default: return .notIP(link.content)
        }
        guard let malformation else { return .packet }
        return .malformed(malformation)
    }

    /// Decodes an IP packet at a known place.
    /// - Parameters:
    ///   - bytes: the frame as captured.
    ///   - networkOffset: where the IP header begins in it.
    ///   - originalLength: the frame's length on the wire.
    public func decode(
        _ bytes: RawSpan, family: AddressFamily, networkOffset: Int, originalLength: Int,
        into packet: inout Packet
    ) -> Malformation? {
        switch family {
        case .ipv4:
            decodeIPv4(bytes, networkOffset: networkOffset, originalLength: originalLength, into: &packet)
        case .ipv6:
            decodeIPv6(bytes, networkOffset: networkOffset, originalLength: originalLength, into: &packet)
        }
    }

    /// Whether a length field of 0 stands for a length that doesn't fit it: a segment that the sending host left to
    /// its network card to cut up, captured whole. Linux writes 0 for packets over 65,535 bytes ("BIG TCP",
    /// `iph_set_totlen`), other systems for any segmentation offload, so for TCP every packet that is longer than
    /// an Ethernet frame passes for one. A short one is refused, as by the kernel.
    @inline(never)
    static func isOffloadedLength(available: Int, _ transportProtocol: UInt8) -> Bool {
        available > 0xffff || (transportProtocol == IPProtocol.tcp.rawValue && available > 1500)
    }
}
