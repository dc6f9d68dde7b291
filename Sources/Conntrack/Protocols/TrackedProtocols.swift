internal import Packets

/// What a tracker says of a packet; a tracker counts it and restarts the connection's timer itself.
enum TrackerVerdict {
    case accepted
    /// Accepted, and the last packet of its connection.
    case ended
    /// The connection is over, and the packet the first of a new one with the same tuple.
    case reopened
    case invalid(InvalidReason)
}

/// The protocols that connection tracking knows more of than addresses: the list of this folder.
enum TrackedProtocols {
    static func track(
        _ connection: inout Connection, _ packet: Packet, _ bytes: RawSpan, _ context: PacketContext,
        _ settings: ConntrackSettings
    ) -> TrackerVerdict {
        switch packet.transportProtocol {
        case .tcp: TCPTracker.track(&connection, packet, bytes, context, settings)
        case .udp: UDPTracker.track(&connection, packet, bytes, context, settings)
        case .icmp: ICMPTracker.track(&connection, packet, context, settings)
        case .icmpv6: ICMPv6Tracker.track(&connection, packet, context, settings)
        case .udpLite: UDPLiteTracker.track(&connection, packet, bytes, context, settings)
        case .sctp: SCTPTracker.track(&connection, packet, bytes, context, settings)
        case .gre: GRETracker.track(&connection, context, settings)
        default: GenericTracker.track(&connection, context, settings)
        }
    }

    /// Whether the tracker of a protocol verifies a checksum.
    static func verifiesChecksum(_ transportProtocol: IPProtocol) -> Bool {
        switch transportProtocol {
        case .tcp, .udp, .icmp, .icmpv6, .udpLite, .sctp: true
        default: false
        }
    }
}
