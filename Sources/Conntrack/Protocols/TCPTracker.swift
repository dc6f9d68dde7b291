internal import Packets

/// TCP (`nf_conntrack_proto_tcp.c`): the header's own sanity here, the connection in `TCPConnection`.
enum TCPTracker {
    static func track(
        _ connection: inout Connection, _ packet: Packet, _ bytes: RawSpan, _ context: PacketContext,
        _ settings: ConntrackSettings
    ) -> TrackerVerdict {
        guard packet.flags.contains(.hasTransportHeader) else { return .invalid(.truncatedHeader) }
        guard packet.tcpHeaderLength >= 20, UInt32(packet.tcpHeaderLength) <= packet.transportLength else {
            return .invalid(.badLength)
        }
        guard context.checksum != .bad else { return .invalid(.badChecksum) }
        guard isPlausible(packet.tcpFlags) else { return .invalid(.tcpFlags) }

        var segment = TCPSegment(packet, bytes: bytes)
        segment.acknowledgementOffset = context.acknowledgementOffset
        if !connection.isConfirmed {
            if let reason = connection.tcp.open(segment, settings.tcp) { return .invalid(reason) }
        }
        switch connection.tcp.advance(segment, context.direction, &connection.status, settings.tcp) {
        case .refresh(let timeout):
            connection.refresh(timeout, context)
            return .accepted
        case .pass:
            return .accepted
        case .end:
            connection.count(context)
            return .ended
        case .reopen:
            return .reopened
        case .invalid(let reason, let outOfSync):
            // Don't wait days for an end that the connection's two sides have long agreed on.
            let left = connection.secondsLeft(at: context.now)
            let timeout = settings.tcp.unacknowledgedTimeout
            if outOfSync && left >= 120 && left > timeout {
                connection.expire(in: timeout, from: context.now)
            }
            return .invalid(reason)
        }
    }

    /// A host's own reset ends the connection at once, even if the reset is lost
    /// (`nf_conntrack_tcp_set_closing`).
    static func reset(_ connection: inout Connection, at now: Timestamp, _ settings: ConntrackSettings) {
        guard connection.isConfirmed, connection.tcp.state != .close else { return }
        connection.tcp.state = .close
        connection.expire(in: settings.tcp.closeTimeout, from: now)
    }

    /// Combinations that a TCP stack sends; PSH, ECE and CWR may go with any.
    private static func isPlausible(_ flags: TCPFlags) -> Bool {
        switch flags.subtracting([.psh, .ece, .cwr]) {
        case [.syn], [.syn, .urg], [.syn, .ack], [.rst], [.rst, .ack], [.fin, .ack], [.fin, .ack, .urg],
            [.ack],
            [.ack, .urg]:
            true
        default: false
        }
    }
}
