public import Packets

/// What happens to a session: into `GatewaySession`.
public enum SessionEvent: Sendable {
    /// The client's connection stands, or its first datagram came. Once, first.
    case opened
    /// Bytes of a stream in order, or one whole datagram.
    case data(Peer, [UInt8])
    /// The peer will send no more.
    case closed(Peer)
    case reset(Peer)
    /// The connection that `openServer` asked for stands.
    case serverOpened
    case serverFailed(ServerFailure)
    /// Bytes of the peer's stream are lost for good.
    case gap(Peer)
    /// The peer sent other bytes for a place in its stream than before; the first ones hold.
    case overlapConflict(Peer)
    /// Whether more can be sent to the peer without piling up.
    case writable(Peer, Bool)
    /// No more requests are wanted: ends in order if none is under way.
    case drain
    /// Time has passed: deadlines are looked at. Every other event does that too.
    case tick
}

/// The raw values are what metrics call them.
public enum ServerFailure: String, Hashable, Sendable, CaseIterable {
    case refused, timeout, unreachable
    /// The name can't be resolved.
    case unresolved
}

/// When an event happened: on the capture's clock, or the system's.
public struct Moment: Hashable, Sendable, BitwiseCopyable {
    public var time: Timestamp
    /// The number of the packet in the merged captures, from 1; 0 live.
    public var packet: UInt64

    public init(time: Timestamp, packet: UInt64 = 0) {
        self.time = time
        self.packet = packet
    }
}
