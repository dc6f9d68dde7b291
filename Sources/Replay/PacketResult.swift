public import Engine
public import Packets

/// What became of one frame of a capture.
public struct PacketResult: Sendable, BitwiseCopyable {
    public enum Outcome: Sendable, BitwiseCopyable {
        /// It went through the rules.
        case traversed(TraversalResult)
        /// It was on its way out, and is counted where it came in.
        case egressCopy
        case notIP(LinkContent)
        case malformed(Malformation)
    }

    /// From 1, over all captures, in the order of time.
    public var number: UInt64
    /// An index in the replay's captures.
    public var capture: Int
    /// From 1, in its capture.
    public var frame: UInt64
    public var timestamp: Timestamp
    public var outcome: Outcome
    /// As it arrived; unspecified for a frame that is no packet.
    public var packet: Packet
    public var metadata: PacketMetadata
    /// The number of the packet whose drop makes this one impossible; nil if it could have happened, or nobody asked.
    public var counterfactual: UInt64?

    public init(
        number: UInt64, capture: Int, frame: UInt64, timestamp: Timestamp, outcome: Outcome, packet: Packet,
        metadata: PacketMetadata, counterfactual: UInt64? = nil
    ) {
        self.number = number
        self.capture = capture
        self.frame = frame
        self.timestamp = timestamp
        self.outcome = outcome
        self.packet = packet
        self.metadata = metadata
        self.counterfactual = counterfactual
    }
}
