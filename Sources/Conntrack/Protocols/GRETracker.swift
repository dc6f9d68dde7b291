internal import Packets

/// GRE (`nf_conntrack_proto_gre.c`): a flow is two addresses, and in version 1 (PPTP, RFC 2637) the call of
/// each end.
enum GRETracker {
    static func track(
        _ connection: inout Connection, _ context: PacketContext, _ settings: ConntrackSettings
    ) -> TrackerVerdict {
        if connection.status.contains(.seenReply) {
            connection.refresh(settings.greStreamTimeout, context)
            connection.status.insert(.assured)
        } else {
            connection.refresh(settings.greTimeout, context)
        }
        return .accepted
    }

    /// Whether a packet says to which call it belongs, that is, is of version 1.
    static func hasKey(_ transport: TransportBytes, _ bytes: RawSpan) -> Bool {
        guard let flags = bytes.uint16(at: transport.start, before: transport.end) else { return false }
        return flags & 7 == 1 && bytes.uint32(at: transport.start + 4, before: transport.end) != nil
    }

    /// The destination "port" of a packet: the call id of version 1, else 0.
    static func key(_ transport: TransportBytes, _ bytes: RawSpan) throws(UntrackablePacket) -> UInt16 {
        guard let flags = bytes.uint16(at: transport.start, before: transport.end), flags & 7 == 1,
            let payload = bytes.uint16(at: transport.start + 2, before: transport.end),
            let call = bytes.uint32(at: transport.start + 4, before: transport.end)
        else { return 0 }
        guard payload == 0x880b else { throw UntrackablePacket(reason: .greProtocol) }
        return UInt16(truncatingIfNeeded: call)
    }
}
