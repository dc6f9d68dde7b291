/// A state machine in a session: reads what either side sends, and acts through the context.
///
/// It is told nothing any more once the session is over (denied, reset, both sides closed) or relayed.
protocol Inspector: Sendable {
    /// Whether the server is opened when the client's connection stands, whatever the policy says.
    var opensServerAtOnce: Bool { get }

    /// The client's connection stands.
    mutating func open(_ context: inout SessionContext)
    /// Bytes of a stream, or one datagram; never empty in a stream.
    mutating func receive(_ bytes: [UInt8], from peer: Peer, _ context: inout SessionContext)
    /// The peer will send no more.
    mutating func close(_ peer: Peer, _ context: inout SessionContext)
    /// The connection that was asked for stands, and what waited for it has gone.
    mutating func serverOpened(_ context: inout SessionContext)
    mutating func fail(_ failure: ServerFailure, _ context: inout SessionContext)
    /// Denies what is under way for an anomaly that lies outside the protocol: time, lost or ambiguous bytes.
    mutating func refuse(_ anomaly: Anomaly, _ context: inout SessionContext)
    /// Bytes of the peer that it keeps until something else happens.
    func heldBytes(from peer: Peer) -> Int
    /// Whether all that was begun is done: a session that rests so long ends in order.
    var isBetweenRequests: Bool { get }
}

/// The inspector of a protocol.
protocol ProtocolInspector: Inspector {
    static var protocolName: GatewayProtocol { get }
    static var serverSpeaksFirst: Bool { get }
    /// Whether a client's first bytes are of the protocol, for `detect: auto`.
    static func recognises(_ bytes: [UInt8]) -> Recognition

    init()
}

enum Recognition: Sendable {
    case yes, no
    /// More bytes would tell.
    case undecided
}

extension ProtocolInspector {
    static var serverSpeaksFirst: Bool { false }

    var opensServerAtOnce: Bool { Self.serverSpeaksFirst }
}

extension Inspector {
    var opensServerAtOnce: Bool { false }

    mutating func open(_ context: inout SessionContext) {}

    mutating func close(_ peer: Peer, _ context: inout SessionContext) {
        context.close(peer.other)
    }

    mutating func fail(_ failure: ServerFailure, _ context: inout SessionContext) {
        context.reset(.client)
    }

    mutating func refuse(_ anomaly: Anomaly, _ context: inout SessionContext) {
        context.deny(Refusal(.reset, for: anomaly))
    }

    mutating func serverOpened(_ context: inout SessionContext) {}

    func heldBytes(from peer: Peer) -> Int { 0 }

    var isBetweenRequests: Bool { false }
}
