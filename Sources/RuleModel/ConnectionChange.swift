/// How a target changes what is known of the packet's connection, or what the packet knows of it. The marks are those of
/// `connmark_tg_shift` in `net/netfilter/xt_connmark.c`.
public enum ConnectionChange: Hashable, Sendable {
    /// `connection's mark = ((mark & ~mask) ^ value) shifted`.
    case setMark(value: UInt32, mask: UInt32, shift: MarkShift)
    /// `connection's mark = (mark & ~connectionMask) ^ ((packet's mark & packetMask) shifted)`.
    case saveMark(packetMask: UInt32, connectionMask: UInt32, shift: MarkShift)
    /// `packet's mark = (mark & ~packetMask) ^ ((connection's mark & connectionMask) shifted)`.
    case restoreMark(packetMask: UInt32, connectionMask: UInt32, shift: MarkShift)
    /// The packet isn't tracked.
    case untrack
    /// The packet is tracked like this.
    case track(ConnectionTemplate)
    /// Nothing that a packet or a later rule shows, but it needs connections.
    case aside(AsideEffect)

    /// The fields that have another value behind it.
    public var fields: [NumberField] {
        switch self {
        case .setMark, .saveMark: [.connectionMark]
        case .restoreMark: [.mark]
        case .untrack: [.connectionState]
        case .track, .aside: []
        }
    }
}

/// By how many bits a mark moves, and which way.
public struct MarkShift: Hashable, Sendable {
    /// 0 to 31.
    public let bits: UInt8
    public let isLeft: Bool

    public init(bits: UInt8, isLeft: Bool) {
        self.bits = bits
        self.isLeft = isLeft
    }

    public static let none = MarkShift(bits: 0, isLeft: true)

    public func applied(to mark: UInt32) -> UInt32 { isLeft ? mark << UInt32(bits) : mark >> UInt32(bits) }
}

/// What `-j CT` says of a connection that is yet to be (`linux/netfilter/xt_CT.h`).
public struct ConnectionTemplate: Hashable, Sendable {
    public var zone = ConnectionZone()
    /// Empty for none.
    public var helper = ""
    /// Empty for none.
    public var timeoutPolicy = ""
    /// Empty for all.
    public var connectionEvents: [String] = []
    /// Empty for all.
    public var expectationEvents: [String] = []

    public init() {}
}

/// Connections of different zones are different, even if their ends are the same (`struct nf_conntrack_zone`).
public struct ConnectionZone: Hashable, Sendable {
    public struct Directions: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static let original = Directions(rawValue: 1)
        public static let reply = Directions(rawValue: 2)
    }

    public var number: UInt16 = 0
    /// The zone's number is the packet's mark.
    public var isMark = false
    /// The directions whose tuples are the zone's; empty stands for both.
    public var directions: Directions = []

    public init() {}
}
