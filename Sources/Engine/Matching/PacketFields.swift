internal import Packets
internal import RuleModel

extension Packet {
    var hasPortFields: Bool { flags.contains(.hasPorts) }
    var hasTCPFields: Bool { transportProtocol == .tcp && flags.contains(.hasTransportHeader) }
    var hasICMPFields: Bool {
        (transportProtocol == .icmp || transportProtocol == .icmpv6) && flags.contains(.hasTransportHeader)
    }
}

/// Reads the fields that aren't among `PacketWords`.
enum FieldReader {
    /// Nil if the packet doesn't have the field.
    static func value(
        _ field: NumberField, _ packet: Packet, _ metadata: PacketMetadata,
        _ flow: FlowView, _ bytes: RawSpan
    ) -> UInt32? {
        switch field {
        case .tcpMaximumSegmentSize:
            return packet.tcpMaximumSegmentSize(bytes).map(UInt32.init)
        case .fragmentHeader: return packet.flags.contains(.hasFragmentHeader) ? 1 : 0
        case .fragmentIdentification:
            return packet.flags.contains(.hasFragmentHeader) ? packet.identification : nil
        case .moreFragments: return packet.flags.contains(.moreFragments) ? 1 : 0
        case .fragmentReserved: return packet.flags.contains(.fragmentReservedBits) ? 1 : 0
        case .packetType: return UInt32(metadata.packetType.rawValue)
        case .linkAddresses: return metadata.hasMACs ? 1 : 0
        case .connectionStatus: return flow.exists ? flow.status.rawValue : 0
        case .connectionDirection: return flow.exists ? (flow.isReply ? 1 : 0) : nil
        case .connectionProtocol: return flow.exists ? UInt32(flow.original.transportProtocol.rawValue) : nil
        case .connectionOriginalSourcePort: return flow.exists ? UInt32(flow.original.sourcePort) : nil
        case .connectionOriginalDestinationPort:
            return flow.exists ? UInt32(flow.original.destinationPort) : nil
        case .connectionReplySourcePort: return flow.exists ? UInt32(flow.reply.sourcePort) : nil
        case .connectionReplyDestinationPort: return flow.exists ? UInt32(flow.reply.destinationPort) : nil
        case .connectionExpiry: return flow.exists ? flow.expiresIn : nil
        case .connectionMark: return flow.exists ? flow.mark : nil
        case .securityParameterIndex: return packet.securityParameterIndex(bytes)
        case .transportProtocol, .sourcePort, .destinationPort, .icmpType, .icmpCode, .tcpFlags, .length,
            .hopLimit,
            .trafficClass, .fragmentOffset, .mark, .connectionState:
            preconditionFailure("the compiler reads \(field) from the words")
        }
    }

    /// Nil for a connection's address without a connection.
    static func address(
        _ field: AddressField, _ packet: Packet, _ flow: FlowView
    ) -> UInt128? {
        switch field {
        case .source: packet.source
        case .destination: packet.destination
        case .connectionOriginalSource: flow.exists ? flow.original.source : nil
        case .connectionOriginalDestination: flow.exists ? flow.original.destination : nil
        case .connectionReplySource: flow.exists ? flow.reply.source : nil
        case .connectionReplyDestination: flow.exists ? flow.reply.destination : nil
        }
    }
}

extension HeaderRequirement {
    func test(_ packet: Packet) -> TestAnswer {
        if self == .protocolChain {
            // `ip6_packet_match`: what `ipv6_find_hdr` can't follow is dropped.
            return packet.flags.contains(.brokenHeaderChain) ? .hotdrop : .holds
        }
        if packet.isLaterFragment {
            // In IPv6, `xt_tcpudp.c` is told the offset in bytes, so that it never finds the 1 that it looks for.
            return packet.family == .ipv4 && packet.fragmentOffset == 1 && self == .tcp ? .hotdrop : .fails
        }
        return switch self {
        case .tcp, .udp, .icmp: packet.flags.contains(.hasTransportHeader) ? .holds : .hotdrop
        case .ports: packet.flags.contains(.hasPorts) ? .holds : .hotdrop
        case .tcpOptions: packet.hasReadableTCPOptions ? .holds : .hotdrop
        case .protocolChain: .holds
        }
    }
}
