public import Packets

/// A packet as it was when a LOG rule met it or, once a TRACE rule had, any rule or chain's end.
public struct LoggedPacket: Sendable {
    /// A packet that meets more, with its answers, is logged no further.
    static let limit = 100_000

    public let rule: RuleID
    public let hook: Hook
    /// By TRACE, not by a LOG rule.
    public let isTrace: Bool
    public let family: AddressFamily
    /// The kernel names the interface a packet came by in POSTROUTING, too.
    public let metadata: PacketMetadata
    /// The IP packet, as far as it was captured.
    public let bytes: [UInt8]
    /// The IP packet's length.
    public let length: UInt32
}
