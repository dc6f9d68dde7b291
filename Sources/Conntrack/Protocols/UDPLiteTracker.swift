internal import Packets

/// UDP-Lite (RFC 3828; `nf_conntrack_proto_udp.c`).
enum UDPLiteTracker {
    static func track(
        _ connection: inout Connection, _ packet: Packet, _ bytes: RawSpan, _ context: PacketContext,
        _ settings: ConntrackSettings
    ) -> TrackerVerdict {
        let transport = TransportBytes(of: packet)
        guard let coverage = bytes.uint16(at: transport.start + 4, before: transport.end),
            let checksum = bytes.uint16(at: transport.start + 6, before: transport.end)
        else { return .invalid(.truncatedHeader) }
        guard coverage == 0 || (coverage >= 8 && Int(coverage) <= transport.length) else {
            return .invalid(.badLength)
        }
        guard checksum != 0 else { return .invalid(.missingChecksum) }
        guard context.checksum != .bad else { return .invalid(.badChecksum) }

        if connection.status.contains(.seenReply) {
            connection.refresh(settings.udpStreamTimeout, context)
            connection.status.insert(.assured)
        } else {
            connection.refresh(settings.udpTimeout, context)
        }
        return .accepted
    }
}
