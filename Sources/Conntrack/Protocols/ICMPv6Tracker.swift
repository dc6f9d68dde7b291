internal import Packets

/// ICMPv6 queries (`nf_conntrack_proto_icmpv6.c`); errors are in `ICMPError`.
enum ICMPv6Tracker {
    static func track(
        _ connection: inout Connection, _ packet: Packet, _ context: PacketContext,
        _ settings: ConntrackSettings
    ) -> TrackerVerdict {
        guard packet.family == .ipv6 else { return .invalid(.wrongFamily) }
        guard ICMPv6Query.isRequest(connection.original.icmpType) else { return .invalid(.icmpType) }
        connection.refresh(settings.icmpv6Timeout, context)
        return .accepted
    }

    /// Neighbour and router discovery and multicast listener reports belong to the link, and are UNTRACKED.
    static func isUntracked(_ type: UInt8) -> Bool { (130...136).contains(type) || type == 143 }
}

/// Echo and node information (RFC 4443, RFC 4620).
enum ICMPv6Query {
    static func isRequest(_ type: UInt8) -> Bool { type == 128 || type == 139 }

    /// The reply's type for a request's, and the other way about.
    static func counterpart(of type: UInt8) -> UInt8? {
        switch type {
        case 128, 139: type + 1
        case 129, 140: type - 1
        default: nil
        }
    }
}
