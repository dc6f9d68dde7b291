internal import Packets

/// UDP (`nf_conntrack_proto_udp.c`).
enum UDPTracker {
    static func track(
        _ connection: inout Connection, _ packet: Packet, _ bytes: RawSpan, _ context: PacketContext,
        _ settings: ConntrackSettings
    ) -> TrackerVerdict {
        let transport = TransportBytes(of: packet)
        guard let length = bytes.uint16(at: transport.start + 4, before: transport.end),
            let checksum = bytes.uint16(at: transport.start + 6, before: transport.end)
        else { return .invalid(.truncatedHeader) }
        guard length >= 8, Int(length) <= transport.length else { return .invalid(.badLength) }
        guard checksum == 0 || context.checksum != .bad else { return .invalid(.badChecksum) }

        if !connection.isConfirmed { connection.streamFrom = context.now.advanced(bySeconds: 2) }
        guard connection.status.contains(.seenReply), context.now > connection.streamFrom else {
            connection.refresh(settings.udpTimeout, context)
            return .accepted
        }
        // Still alive after two seconds: more than a question and its answer.
        connection.refresh(settings.udpStreamTimeout, context)
        connection.status.insert(.assured)
        return .accepted
    }
}
