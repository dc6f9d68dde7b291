internal import Packets

/// ICMP queries (`nf_conntrack_proto_icmp.c`); errors are in `ICMPError`.
enum ICMPTracker {
    static func track(
        _ connection: inout Connection, _ packet: Packet, _ context: PacketContext,
        _ settings: ConntrackSettings
    ) -> TrackerVerdict {
        guard packet.family == .ipv4 else { return .invalid(.wrongFamily) }
        guard ICMPQuery.isRequest(connection.original.icmpType) else { return .invalid(.icmpType) }
        connection.refresh(settings.icmpTimeout, context)
        return .accepted
    }
}

/// Echo, timestamp, information and address mask (RFC 792, RFC 950).
enum ICMPQuery {
    static func isRequest(_ type: UInt8) -> Bool {
        switch type {
        case 8, 13, 15, 17: true
        default: false
        }
    }

    /// The reply's type for a request's, and the other way about.
    static func counterpart(of type: UInt8) -> UInt8? {
        switch type {
        case 8: 0
        case 0: 8
        case 13, 15, 17: type + 1
        case 14, 16, 18: type - 1
        default: nil
        }
    }
}
