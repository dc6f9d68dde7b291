import Packets

/// The TCP connections of captures: what of each wasn't captured.
struct ObservedConnections: Sendable {
    static let limit = 65_536

    private struct Side {
        var packets: UInt64 = 0
        /// Behind the highest sequence number that was captured.
        var end: UInt32?
        var hasClosed = false

        mutating func take(_ segment: ObservedSegment) {
            packets &+= 1
            if segment.flags.contains(.rst) || segment.flags.contains(.fin) { hasClosed = true }
            guard !segment.flags.contains(.rst) else { return }
            let isNew = segment.flags.contains(.syn) || end == nil
            end = isNew ? segment.end : end?.later(segment.end)
        }
    }

    private struct Connection {
        var sides: (Side, Side) = (Side(), Side())
        var beginsWithSYN: Bool
        var hasData = false
        var capture: Int
        var frame: UInt64

        var isClosed: Bool { sides.0.hasClosed || sides.1.hasClosed }
    }

    private var connections: [ConversationKey: Connection] = [:]
    private var lost: CaptureFinding?
    private(set) var beyondLimit: UInt64 = 0

    mutating func add(_ packet: Packet, _ capture: Int, _ frame: UInt64) {
        guard let segment = ObservedSegment(packet, nil) else { return }
        var isFromLow = false
        guard let key = ConversationKey(packet, isFromLow: &isFromLow) else { return }
        let isOpening = segment.flags.contains(.syn) && !segment.flags.contains(.ack)
        var connection: Connection
        if let known = connections[key] {
            connection = known
            // Ports are used again.
            if isOpening, known.isClosed {
                connection.sides = (Side(), Side())
                connection.hasData = false
            }
        } else {
            guard connections.count < ObservedConnections.limit else {
                beyondLimit &+= 1
                return
            }
            connection = Connection(
                beginsWithSYN: segment.flags.contains(.syn), capture: capture, frame: frame)
        }
        let (own, other) =
            isFromLow
            ? (connection.sides.0, connection.sides.1) : (connection.sides.1, connection.sides.0)
        if isMissed(segment, own: own, other: other) {
            lost =
                lost
                ?? CaptureFinding(kind: .lostByCapture, count: 0, capture: capture, frame: frame)
            lost?.count &+= 1
        }
        var (sender, peer) = (own, other)
        sender.take(segment)
        // Each missing piece counts once.
        if segment.flags.contains(.ack), let end = peer.end, end.precedes(segment.acknowledgement) {
            peer.end = segment.acknowledgement
        }
        if segment.length > 0, !segment.flags.contains(.syn) { connection.hasData = true }
        connection.sides = isFromLow ? (sender, peer) : (peer, sender)
        connections[key] = connection
    }

    /// An acknowledgement of data that both sides know of and the capture doesn't.
    private func isMissed(_ segment: ObservedSegment, own: Side, other: Side) -> Bool {
        guard segment.flags.contains(.ack), !segment.flags.contains(.rst),
            own.packets > 0 || other.packets > 1,
            let end = other.end
        else { return false }
        let gap = segment.acknowledgement &- end
        // Farther away it is nonsense, not loss.
        return end.precedes(segment.acknowledgement) && gap < 1 << 24
    }

    func findings() -> [CaptureFinding] {
        var midstream: [Connection] = []
        var oneSided: [Connection] = []
        var unfinished: [Connection] = []
        for connection in connections.values {
            let sides = connection.sides
            let isAlone = sides.0.packets == 0 || sides.1.packets == 0
            // A probe that nobody answers is no one-sided capture.
            if isAlone, connection.hasData { oneSided.append(connection) }
            if !connection.beginsWithSYN, connection.hasData || !isAlone { midstream.append(connection) }
            if !isAlone, connection.hasData, !connection.isClosed { unfinished.append(connection) }
        }
        return [
            ObservedConnections.finding(.midstream, midstream),
            ObservedConnections.finding(.oneSided, oneSided),
            ObservedConnections.finding(.unfinished, unfinished), lost,
        ].compactMap { $0 }
    }

    private static func finding(_ kind: CaptureFinding.Kind, _ found: [Connection]) -> CaptureFinding? {
        guard let first = found.min(by: { ($0.capture, $0.frame) < ($1.capture, $1.frame) }) else {
            return nil
        }
        return CaptureFinding(
            kind: kind, count: UInt64(found.count), capture: first.capture, frame: first.frame)
    }
}
