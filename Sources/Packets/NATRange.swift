/// From what a translation chooses the new address and port (`struct nf_nat_range2` in `linux/netfilter/nf_nat.h`).
public struct NATRange: Hashable, Sendable {
    /// Nil: the address stays, or follows from the target.
    public var addresses: ClosedRange<UInt128>?
    /// Nil: the port stays where it can.
    public var ports: ClosedRange<UInt16>?
    /// `NF_NAT_RANGE_PROTO_OFFSET`: the port that becomes the first of the range.
    public var basePort: UInt16?
    public var isRandom: Bool
    public var isFullyRandom: Bool
    public var isPersistent: Bool

    public init(
        addresses: ClosedRange<UInt128>? = nil, ports: ClosedRange<UInt16>? = nil, basePort: UInt16? = nil,
        isRandom: Bool = false, isFullyRandom: Bool = false, isPersistent: Bool = false
    ) {
        self.addresses = addresses
        self.ports = ports
        self.basePort = basePort
        self.isRandom = isRandom
        self.isFullyRandom = isFullyRandom
        self.isPersistent = isPersistent
    }
}
