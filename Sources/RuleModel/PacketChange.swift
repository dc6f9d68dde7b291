/// How a target changes a packet's header before it goes on to the next rule.
public enum PacketChange: Hashable, Sendable {
    case hopLimit(NumberChange)
    /// TOS or traffic class: `(class & ~mask) ^ value`.
    case trafficClass(mask: UInt8, value: UInt8)

    /// The fields that have another value behind it.
    public var fields: [NumberField] {
        switch self {
        case .hopLimit: [.hopLimit]
        case .trafficClass: [.trafficClass]
        }
    }
}

public enum NumberChange: Hashable, Sendable {
    case set(UInt8)
    /// Never beyond 255.
    case increment(UInt8)
    /// Never below 0.
    case decrement(UInt8)
}

/// How a target changes what is known of the packet's connection, or what the packet knows of it.
public enum ConnectionChange: Hashable, Sendable {
    /// `connection's mark = (mark & ~mask) ^ value`.
    case setMark(value: UInt32, mask: UInt32)
    /// `connection's mark = (mark & ~connectionMask) ^ (packet's mark & packetMask)`.
    case saveMark(packetMask: UInt32, connectionMask: UInt32)
    /// `packet's mark = (mark & ~packetMask) ^ (connection's mark & connectionMask)`.
    case restoreMark(packetMask: UInt32, connectionMask: UInt32)
    /// The packet isn't tracked.
    case untrack

    /// The fields that have another value behind it.
    public var fields: [NumberField] {
        switch self {
        case .setMark, .saveMark: [.connectionMark]
        case .restoreMark: [.mark]
        case .untrack: [.connectionState]
        }
    }
}
