public import Packets

/// A copy of a packet that `-j TEE` sends to another machine.
public struct SentCopy: Sendable {
    public let gateway: IPAddress
    /// The IP packet, as it was made.
    public let bytes: [UInt8]
    /// Decoded from `bytes`.
    public let packet: Packet
    /// `outInterface` is the one that leads to the gateway.
    public var metadata: PacketMetadata
    /// Its way through OUTPUT; nil as long as it wasn't sent.
    public internal(set) var traversal: TraversalResult?
}
