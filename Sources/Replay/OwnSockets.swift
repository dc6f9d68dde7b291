public import Packets

/// What the host's own TCP sockets sent, where the captures hold only what arrived: as much as their peers' segments tell.
///
/// A peer acknowledges what it got, so a handshake, the amount of data and the end of a connection are certain; contents,
/// windows and the number of segments are not. Where a SYN is answered by nothing that the peer reacts to, the port was
/// closed.
public struct OwnSockets {
    /// A segment of a peer.
    public struct Segment: Sendable, BitwiseCopyable {
        var flags: TCPFlags
        var sequence: UInt32
        var acknowledgement: UInt32
        var data: UInt32

        public init(_ packet: Packet) {
            flags = packet.tcpFlags
            sequence = packet.tcpSequence
            acknowledgement = packet.tcpAcknowledgement
            data = packet.transportLength &- UInt32(packet.tcpHeaderLength)
        }

        /// Behind its last byte.
        var end: UInt32 {
            sequence &+ data &+ (flags.contains(.syn) ? 1 : 0) &+ (flags.contains(.fin) ? 1 : 0)
        }
    }

    /// A peer's side of a connection.
    public struct Key: Hashable, Sendable {
        var family: AddressFamily
        var source: UInt128
        var destination: UInt128
        var ports: UInt32

        public init(_ packet: Packet) {
            family = packet.family
            source = packet.source
            destination = packet.destination
            ports = UInt32(packet.sourcePort) << 16 | UInt32(packet.destinationPort)
        }
    }

    private struct Peer {
        /// Those that are yet to come.
        var ahead: [Segment]
        var next = 0
        /// What the host sends next; nil before it has sent anything.
        var sent: UInt32?
        /// The peer's last acknowledgement, if it closes the connection in order.
        var last: UInt32?
    }

    private var peers: [Key: Peer] = [:]
    /// Beyond that many, the oldest knowledge isn't worth the memory.
    private static let capacity = 4096
    /// Of the data that one acknowledgement covers, no more is made up.
    private static let dataLimit: UInt32 = 1 << 20
    private static let segmentSize: UInt32 = 1448

    public init() {}

    /// Whether it needs to look ahead for a segment's connection.
    public func needsLook(_ packet: Packet) -> Bool {
        packet.tcpFlags.contains(.syn) && !packet.tcpFlags.contains(.ack) && peers[Key(packet)]?.sent == nil
    }

    /// Takes what follows a SYN of a peer.
    public mutating func begin(_ packet: Packet, ahead: [Segment]) {
        if peers.count >= OwnSockets.capacity { peers = [:] }
        let rest = ahead.prefix { !$0.flags.contains(.syn) || $0.sequence == packet.tcpSequence }
        var peer = Peer(ahead: Array(rest))
        if rest.contains(where: { $0.flags.contains(.fin) }) {
            peer.last = rest.last { $0.flags.contains(.ack) && !$0.flags.contains(.rst) }?.acknowledgement
        }
        peers[Key(packet)] = peer
    }

    /// What the host sends behind a segment that it took, and before the peer's next, as IP packets.
    /// - Parameters:
    ///   - arrived: the segment as it arrived.
    ///   - packet: as the socket got it, its destination translated.
    ///   - wouldShow: whether the captures go on long enough to show that the peer repeats its SYN.
    public mutating func packets(behind arrived: Packet, as packet: Packet, wouldShow: Bool) -> [[UInt8]] {
        let key = Key(arrived)
        guard var peer = peers[key] else { return [] }
        defer { peers[key] = peer }
        let segment = Segment(packet)
        let next = peer.next < peer.ahead.count ? peer.ahead[peer.next] : nil
        peer.next += 1
        if segment.flags.contains(.rst) {
            peers[key] = nil
            return []
        }
        if segment.flags.contains(.syn) { return open(&peer, packet, segment, next, wouldShow) }
        guard var sent = peer.sent else { return [] }
        var made: [[UInt8]] = []
        if let next, next.flags.contains(.ack), !next.flags.contains(.rst),
            Int32(bitPattern: next.acknowledgement &- sent) > 0
        {
            let target = next.acknowledgement
            let isEnd = target == peer.last
            let data = target &- sent &- (isEnd ? 1 : 0)
            guard data <= OwnSockets.dataLimit else { return [] }
            var left = data
            while left > 0 {
                let size = min(left, OwnSockets.segmentSize)
                made.append(build(packet, [.ack, .psh], sent, segment.end, size))
                sent &+= size
                left -= size
            }
            if isEnd {
                made.append(build(packet, [.ack, .fin], sent, segment.end, 0))
                sent &+= 1
            }
            peer.sent = sent
        } else if segment.flags.contains(.fin) {
            made.append(build(packet, .ack, sent, segment.end, 0))
        }
        return made
    }

    private func open(
        _ peer: inout Peer, _ packet: Packet, _ segment: Segment, _ next: Segment?, _ wouldShow: Bool
    ) -> [[UInt8]] {
        guard let next else {
            return wouldShow ? [build(packet, [.rst, .ack], 0, segment.end, 0, isReset: true)] : []
        }
        if next.flags.contains(.ack), next.sequence == segment.end {
            peer.sent = next.acknowledgement
            return [build(packet, [.syn, .ack], next.acknowledgement &- 1, segment.end, 0)]
        }
        // A peer that didn't mean it resets what it has no socket for.
        if next.flags.contains(.rst), next.sequence == segment.end {
            return [build(packet, [.syn, .ack], 0, segment.end, 0)]
        }
        return []
    }

    private func build(
        _ packet: Packet, _ flags: TCPFlags, _ sequence: UInt32, _ acknowledgement: UInt32, _ data: UInt32,
        isReset: Bool = false
    ) -> [UInt8] {
        var segment = PacketBuilder.TCPSegment(
            from: packet.destinationPort, to: packet.sourcePort, flags: flags, sequence: sequence,
            acknowledgement: acknowledgement, window: isReset ? 0 : 65535,
            payload: Array(repeating: 0, count: Int(data)))
        // The widest window there is, as nobody knows the true one (RFC 7323, 2.3).
        if flags.contains(.syn) { segment.options = [2, 4, 5, 180, 3, 3, 14, 0] }
        var builder = PacketBuilder(
            source: IPAddress(family: packet.family, bits: packet.destination),
            destination: IPAddress(family: packet.family, bits: packet.source), .tcp(segment))
        builder.dontFragment = packet.family == .ipv4
        return builder.bytes()
    }
}

extension Replayer {
    /// A later segment of a peer of the host's own sockets.
    public func segment(
        _ frame: Frame, _ bytes: RawSpan, of key: OwnSockets.Key
    ) -> OwnSockets.Segment? {
        var link = LinkHeader()
        var packet = Packet(family: .ipv4)
        guard case .packet = decoder.decode(frame, bytes, link: &link, packet: &packet),
            packet.transportProtocol == .tcp, packet.flags.contains(.hasTransportHeader),
            OwnSockets.Key(packet) == key
        else { return nil }
        return OwnSockets.Segment(packet)
    }
}
