public import Packets

/// What `ipset create` says of a set besides its name and type.
public struct SetOptions: Hashable, Sendable {
    /// Nil for a type without one, and for a list.
    public var family: AddressFamily?
    /// The range of a bitmap of addresses, of which the set holds one in `1 << (32 - netmask)`.
    public var addresses: ClosedRange<UInt32>?
    public var ports: ClosedRange<UInt16>?
    /// In bits.
    public var netmask: UInt8?
    public var bitmask: UInt128?
    public var markMask: UInt32 = .max
    /// How many buckets the kernel's table begins with; nothing depends on it here.
    public var hashSize: UInt32 = 1024
    /// The most elements (`maxelem`).
    public var maximum: UInt32 = 65536
    public var bucketSize: UInt8 = 12
    /// The kernel's hash seed, if the file says it.
    public var initialValue: UInt32?
    /// Of a list, which doesn't limit it.
    public var size: UInt32 = 8
    /// Seconds for an element that doesn't say its own, 0 for no end; nil for a set whose elements don't expire.
    public var timeout: UInt32?
    public var hasCounters = false
    public var hasComments = false
    /// `skbinfo`
    public var hasPacketInfo = false
    /// `forceadd`: a full set gives up an element for a new one.
    public var forcesAdding = false

    public init() {}

    /// What of an address is looked up.
    public var addressMask: UInt128 {
        if let bitmask { return bitmask }
        let family = family ?? .ipv4
        return IPPrefix.mask(netmask.map(Int.init) ?? family.bitWidth, family: family)
    }

    /// Whether the kernel takes two sets for the same (`mtype_same_set`), so that `-exist` lets a `create` pass.
    func isSameSet(as other: SetOptions) -> Bool {
        family == other.family && addresses == other.addresses && ports == other.ports
            && netmask == other.netmask && bitmask == other.bitmask && markMask == other.markMask
            && maximum == other.maximum && size == other.size && timeout == other.timeout
            && hasCounters == other.hasCounters && hasComments == other.hasComments
            && hasPacketInfo == other.hasPacketInfo
    }
}
