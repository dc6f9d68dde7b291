/// The connection table, as far as tests with memory may ask it, and write on its connections.
public protocol ConnectionRecords: ~Copyable {
    /// The tuple of a packet that has no connection; nil if its headers don't give one.
    func tuple(of packet: Packet, _ bytes: RawSpan) -> FlowTuple?

    /// The connection that is found under a tuple of either direction; nil if there is none, or none yet for other packets
    /// than its first.
    func standing(of tuple: FlowTuple, at now: Timestamp) -> ConnectionStanding?

    /// Bits from 0 to 127 (`connlabel`); none for a connection that an earlier packet has ended.
    func labels(of connection: FlowHandle) -> UInt128

    mutating func setLabel(_ label: Int, of connection: FlowHandle)
}

/// How things stand with a known connection.
public struct ConnectionStanding: Hashable, Sendable {
    public var status: ConnectionStatus
    /// TCP's TIME_WAIT and CLOSE.
    public var isClosed: Bool

    public init(status: ConnectionStatus, isClosed: Bool) {
        self.status = status
        self.isClosed = isClosed
    }
}
