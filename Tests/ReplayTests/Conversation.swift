import Gateway
import Packets
import Replay

/// Frames between a client and a server, made up one by one, and what the gateway makes of them.
struct Conversation {
    static let client = Endpoint(.v4(0xc000_020a), 40_000)
    static let server = Endpoint(.v4(0xc633_6450), 80)

    var frames: [(frame: Frame, bytes: [UInt8])] = []
    /// Of the next packet.
    var time: Int64 = 1_000_000_000_000
    /// The server's, where it isn't the usual one.
    var port: UInt16?
    var family = AddressFamily.ipv4
    /// Behind a router that translates it.
    var translatedClient: Endpoint?

    /// One TCP packet of a side; sequence numbers count from 0, the SYN.
    mutating func send(
        _ peer: Peer, _ flags: TCPFlags, _ sequence: Int = 0, ack: Int = 0, _ payload: String = "",
        window: UInt16 = 65_535, change: (inout PacketBuilder) -> Void = { _ in }
    ) {
        var segment = PacketBuilder.TCPSegment(
            from: endpoint(peer).port, to: endpoint(peer.other).port, flags: flags,
            sequence: first(peer) &+ UInt32(truncatingIfNeeded: sequence),
            acknowledgement: flags.contains(.ack) ? first(peer.other) &+ UInt32(truncatingIfNeeded: ack) : 0,
            window: window, payload: Array(payload.utf8))
        if flags.contains(.syn) { segment.options = [2, 4, 5, 0xb4] }
        add(.tcp(segment), from: peer, change)
    }

    mutating func send(datagram payload: String, from peer: Peer) {
        add(
            .udp(
                PacketBuilder.UDPDatagram(
                    from: endpoint(peer).port, to: endpoint(peer.other).port, payload: Array(payload.utf8))),
            from: peer)
    }

    mutating func handshake() {
        send(.client, .syn)
        send(.server, [.syn, .ack], ack: 1)
        send(.client, .ack, 1, ack: 1)
    }

    func endpoint(_ peer: Peer) -> Endpoint {
        var endpoint = peer == .client ? translatedClient ?? Conversation.client : Conversation.server
        if peer == .server, let port { endpoint.port = port }
        if family == .ipv6 { endpoint.address = .v6(0x2001_0db8 << 96 | endpoint.address.bits) }
        return endpoint
    }

    private func first(_ peer: Peer) -> UInt32 { peer == .client ? 0xffff_fff0 : 1_000_000 }

    private mutating func add(
        _ transport: PacketBuilder.Transport, from peer: Peer,
        _ change: (inout PacketBuilder) -> Void = { _ in }
    ) {
        var packet = PacketBuilder(
            source: endpoint(peer).address, destination: endpoint(peer.other).address, transport)
        packet.ethernet = PacketBuilder.EthernetFrame(
            source: MACAddress(bits: peer == .client ? 1 : 2), destination: MACAddress(bits: 3))
        packet.identification = UInt32(frames.count)
        change(&packet)
        add(packet.bytes())
    }

    mutating func add(_ bytes: [UInt8]) {
        time += 10_000_000
        frames.append(
            (
                Frame(
                    timestamp: Timestamp(nanoseconds: time), originalLength: UInt32(bytes.count),
                    linkType: .ethernet), bytes
            ))
    }

    // MARK: Results

    struct Outcome {
        var sessions: [SessionResult]
        var summary: SessionSummary
        var client: [LoggedFrame]
        var server: [LoggedFrame]
    }

    /// A gateway that relays everything on port 80.
    static var relaying: GatewayPolicy {
        var policy = GatewayPolicy()
        policy.settings.addresses = [.v4(0xc633_6401)]
        var listener = Listener(.plug, transports: [.tcp, .udp])
        listener.ports = [80...80]
        policy.listeners = [listener]
        policy.defaultAction = .allow
        return policy
    }

    func replayed(_ policy: GatewayPolicy = Conversation.relaying) -> Outcome {
        Conversation.replay(frames.map { ($0.frame, $0.bytes, 0) }, policy)
    }

    static func replay(
        _ frames: [(frame: Frame, bytes: [UInt8], capture: Int)], _ policy: GatewayPolicy
    ) -> Outcome {
        var replayer = SessionReplayer(policy, logs: ConnectionLogs(client: true, server: true))
        for (index, (frame, bytes, capture)) in frames.enumerated() {
            _ = replayer.process(frame, bytes.span.bytes, number: UInt64(index + 1), capture: capture)
        }
        replayer.finish()
        let sessions = replayer.takeResults()
        return Outcome(
            sessions: sessions, summary: replayer.summary, client: replayer.logs.client!.takeFrames(),
            server: replayer.logs.server!.takeFrames())
    }

    /// The bytes that a side of written connections carries from one port, as a receiver would have them.
    static func replay(_ frames: [LoggedFrame], _ policy: GatewayPolicy = relaying) -> Outcome {
        replay(
            frames.map {
                (
                    Frame(
                        timestamp: $0.time, originalLength: UInt32($0.bytes.count), linkType: .ethernet),
                    $0.bytes, 0
                )
            }, policy)
    }
}
