public import Packets

/// An element of a set, and what the set keeps with it.
public struct SetEntry: Sendable {
    public var element: SetElement
    /// Of `hash:net,iface`.
    public var interface: String?
    /// Whether `interface` is the beginning of names.
    public var isWildcard = false
    /// `nomatch`: what the element covers is not in the set.
    public var isExcluded = false
    /// Of `bitmap:ip,mac`; nil until a packet from the address says it. Until then the entry doesn't expire.
    public var mac: MACAddress?
    /// The seconds that begin when the MAC address becomes known.
    public var pendingTimeout: UInt32?
    public var extras = EntryExtras()

    public init(element: SetElement) { self.element = element }
}

/// What a set keeps with an element, as far as it was created to (`timeout`, `counters`, `comment`, `skbinfo`).
public struct EntryExtras: Sendable {
    /// Nanoseconds of the set's clock, which a moment may not pass; `.max` for an entry that stays.
    public var expiry: Int64 = .max
    public var packets: UInt64 = 0
    public var bytes: UInt64 = 0
    public var comment: String?
    public var packetInfo: PacketInfo?

    func hasExpired(at now: Int64) -> Bool { expiry < now }
}

/// What `skbinfo` holds for `-j SET --map-set` to give to a packet.
public struct PacketInfo: Hashable, Sendable {
    public var mark: UInt32 = 0
    public var markMask: UInt32 = 0
    /// The traffic-control class, `major << 16 | minor`.
    public var priority: UInt32 = 0
    /// The hardware queue.
    public var queue: UInt16 = 0

    public init() {}
}

/// What comes with an element that is to be added.
public struct NewExtras: Sendable {
    /// Seconds, 0 for no end; nil for the set's own.
    public var timeout: UInt32?
    /// Nil for what it was, or 0.
    public var packets: UInt64?
    public var bytes: UInt64?
    public var comment: String?
    public var packetInfo: PacketInfo?
    /// Whether a packet adds it, which leaves comments alone.
    public var isOfPacket = false

    public init() {}
}
