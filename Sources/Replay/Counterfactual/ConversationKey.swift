import Packets

/// The two ends of a conversation, whichever of them sends.
struct ConversationKey: Hashable, Sendable {
    private var family: AddressFamily
    private var transportProtocol: IPProtocol
    private var low: UInt128
    private var high: UInt128
    /// For ICMP queries, the identifier twice; `low` is then who asks.
    private var lowPort: UInt16
    private var highPort: UInt16

    /// Nil for packets on which nothing is known to depend.
    /// - Parameter isFromLow: whether the packet goes from the low end to the high one.
    init?(_ packet: Packet, isFromLow: inout Bool) {
        family = packet.family
        transportProtocol = packet.transportProtocol
        low = packet.source
        high = packet.destination
        isFromLow = true
        switch packet.transportProtocol {
        case .tcp, .udp, .udpLite, .sctp:
            guard packet.flags.contains(.hasPorts) else { return nil }
            lowPort = packet.sourcePort
            highPort = packet.destinationPort
            isFromLow = (low, lowPort) <= (high, highPort)
        case .icmp, .icmpv6:
            guard let isReply = packet.isQueryReply else { return nil }
            lowPort = packet.icmpIdentifier
            highPort = lowPort
            isFromLow = !isReply
        default: return nil
        }
        guard !isFromLow else { return }
        swap(&low, &high)
        swap(&lowPort, &highPort)
    }

    /// The same for both directions. Cheap, and not to be relied on where a sender may choose the ends.
    static func bucket(_ packet: Packet) -> UInt64 {
        let addresses = packet.source ^ packet.destination
        let ports = UInt64(packet.sourcePort ^ packet.destinationPort ^ packet.icmpIdentifier)
        let folded = UInt64(truncatingIfNeeded: addresses ^ addresses >> 64)
        return (folded ^ ports << 40 ^ UInt64(packet.transportProtocol.rawValue)) &* 0x9e37_79b9_7f4a_7c15
    }
}

extension Packet {
    /// Nil for what is no ICMP query or reply (RFC 792, 950, 4443, 4620).
    var isQueryReply: Bool? {
        switch (family, transportProtocol, icmpType) {
        case (.ipv4, .icmp, 8), (.ipv4, .icmp, 13), (.ipv4, .icmp, 15), (.ipv4, .icmp, 17): false
        case (.ipv4, .icmp, 0), (.ipv4, .icmp, 14), (.ipv4, .icmp, 16), (.ipv4, .icmp, 18): true
        case (.ipv6, .icmpv6, 128), (.ipv6, .icmpv6, 139): false
        case (.ipv6, .icmpv6, 129), (.ipv6, .icmpv6, 140): true
        default: nil
        }
    }

    /// Whether it is an ICMP error, which quotes a packet.
    var isErrorMessage: Bool {
        switch (family, transportProtocol) {
        case (.ipv4, .icmp): [3, 4, 5, 11, 12].contains(icmpType)
        case (.ipv6, .icmpv6): icmpType < 128
        default: false
        }
    }
}
