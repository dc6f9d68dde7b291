public import Packets

/// A packet that the host makes itself because of another one.
public struct HostAnswer: Sendable {
    public var message: AnswerMessage
    /// The IP packet, as it was made.
    public var bytes: [UInt8]
    /// The IP packet, as address translation left it.
    public var translated: [UInt8]
    /// Decoded from `bytes`; translated, once it was sent.
    public var packet: Packet
    /// `outInterface` is the one that routing finds for it.
    public var metadata: PacketMetadata
    /// Nil as long as it wasn't sent.
    public var traversal: TraversalResult?
}

/// What becomes of the host's own answers.
public enum AnswerHandling: Sendable, Hashable {
    /// They go through OUTPUT at once.
    case make
    /// None is made: those that there were are among the packets.
    case leave
    /// Each waits for the caller's word (`Firewall.settleAnswer`).
    case ask
}
