public import Packets

/// A connection table in which there is none.
public struct NoConnections: ConnectionRecords {
    public init() {}

    public func tuple(of packet: Packet, _ bytes: RawSpan) -> FlowTuple? { nil }
    public func standing(of tuple: FlowTuple, at now: Timestamp) -> ConnectionStanding? { nil }
    public func labels(of connection: FlowHandle) -> UInt128 { 0 }
    public mutating func setLabel(_ label: Int, of connection: FlowHandle) {}
}
