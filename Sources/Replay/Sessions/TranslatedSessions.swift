import Gateway
import Packets

/// Finds the session that a packet is of though a router has translated its addresses: captures of both sides of it
/// show the same first packet with another source, or another destination.
struct TranslatedSessions: Sendable {
    /// What translation leaves as it is: a SYN's sequence number, which its answer acknowledges; or a datagram's
    /// identification and bytes.
    struct Fingerprint: Hashable, Sendable {
        private var family: AddressFamily
        private var transportProtocol: IPProtocol
        private var number: UInt64

        init(_ packet: Packet, payload: [UInt8]) {
            family = packet.family
            transportProtocol = packet.transportProtocol
            if packet.transportProtocol == .tcp {
                number = UInt64(packet.isAnswer ? packet.tcpAcknowledgement &- 1 : packet.tcpSequence)
            } else {
                var hash = StableHash()
                hash.combine(payload)
                number = hash.value ^ UInt64(packet.identification)
            }
        }
    }

    /// How long a router takes at most.
    private static let span: Int64 = 1_000_000_000

    /// The latest session of each.
    private var numbers: [Fingerprint: UInt64] = [:]

    mutating func add(_ session: CapturedSession) {
        if let fingerprint = session.fingerprint { numbers[fingerprint] = session.number }
    }

    mutating func remove(_ session: CapturedSession) {
        if let fingerprint = session.fingerprint, numbers[fingerprint] == session.number {
            numbers[fingerprint] = nil
        }
    }

    /// - Returns: the number of a session that began with the packet, or with what it answers, seen elsewhere.
    func session(
        of packet: Packet, _ fingerprint: Fingerprint, _ sighting: Sighting, at time: Timestamp,
        among sessions: [UInt64: CapturedSession]
    ) -> UInt64? {
        guard let number = numbers[fingerprint], let session = sessions[number], session.translation == nil,
            session.sighting != sighting,
            session.start.time.duration(to: time) <= TranslatedSessions.span
        else { return nil }
        // One end is translated, and the other one isn't.
        let hasClient = packet.clientEndpoint == session.client
        let hasServer = packet.serverEndpoint == session.server
        return hasClient != hasServer ? number : nil
    }
}

extension Packet {
    /// A SYN/ACK.
    fileprivate var isAnswer: Bool { transportProtocol == .tcp && tcpFlags.contains([.syn, .ack]) }

    /// Of a connection's first packet, or its answer.
    var clientEndpoint: Endpoint { isAnswer ? destinationEndpoint : sourceEndpoint }
    fileprivate var serverEndpoint: Endpoint { isAnswer ? sourceEndpoint : destinationEndpoint }
}
