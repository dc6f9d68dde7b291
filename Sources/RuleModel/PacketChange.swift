public import Packets

/// How a target changes a packet before it goes on to the next rule.
public enum PacketChange: Hashable, Sendable {
    case hopLimit(NumberChange)
    /// TOS or traffic class: `(class & ~mask) ^ value`.
    case trafficClass(mask: UInt8, value: UInt8)
    case congestion(CongestionChange)
    case segmentSize(SegmentSizeLimit)
    /// TCP options of these kinds become NOPs.
    case stripTCPOptions(Set<UInt8>)
    case prefix(PrefixTranslation)
    /// The packet's mark becomes a hash of its ends.
    case mark(HashMark)

    /// The fields that have another value behind it.
    public var fields: [NumberField] {
        switch self {
        case .hopLimit: [.hopLimit]
        case .trafficClass: [.trafficClass]
        case .congestion(let change):
            (change.codepoint == nil ? [] : [.trafficClass]) + (change.changesTCP ? [.tcpFlags] : [])
        case .segmentSize: [.tcpMaximumSegmentSize, .length]
        case .stripTCPOptions: [.tcpMaximumSegmentSize]
        case .prefix: []
        case .mark: [.mark]
        }
    }
}

public enum NumberChange: Hashable, Sendable {
    case set(UInt8)
    /// Never beyond 255.
    case increment(UInt8)
    /// Never below 0.
    case decrement(UInt8)

    public func applied(to number: UInt8) -> UInt8 {
        switch self {
        case .set(let value): value
        case .increment(let step): number.addingReportingOverflow(step).overflow ? .max : number + step
        case .decrement(let step): number < step ? 0 : number - step
        }
    }
}

/// What `-j ECN` sets (`linux/netfilter_ipv4/ipt_ECN.h`); nil for what stays as it is.
public struct CongestionChange: Hashable, Sendable {
    /// The two low bits of the TOS.
    public var codepoint: UInt8?
    /// TCP's ECE bit.
    public var echo: Bool?
    /// TCP's CWR bit.
    public var windowReduced: Bool?

    public init(codepoint: UInt8? = nil, echo: Bool? = nil, windowReduced: Bool? = nil) {
        self.codepoint = codepoint
        self.echo = echo
        self.windowReduced = windowReduced
    }

    public var changesTCP: Bool { echo != nil || windowReduced != nil }
}

/// What `-j TCPMSS` makes of the size that a SYN announces.
public enum SegmentSizeLimit: Hashable, Sendable {
    case atMost(UInt16)
    /// What fits into packets of the path, in either direction.
    case ofPath
}

/// What `-j SNPT` and `-j DNPT` do to an address (RFC 6296; `ip6t_NPT.c`).
public struct PrefixTranslation: Hashable, Sendable {
    public enum Side: Hashable, Sendable {
        case source, destination
    }

    public let side: Side
    /// Of at most 64 bits, as `to`.
    public let from: IPPrefix
    public let to: IPPrefix

    public init(of side: Side, from: IPPrefix, to: IPPrefix) {
        self.side = side
        self.from = from
        self.to = to
    }
}

/// How `-j HMARK` computes a mark (`linux/netfilter/xt_HMARK.h`).
public struct HashMark: Hashable, Sendable {
    /// The ends are those of the connection, not of the packet.
    public var isOfConnection = false
    public var sourceMask: UInt128 = 0
    public var destinationMask: UInt128 = 0
    /// The source port in the high half, the destination port in the low one; of ESP and AH, the SPI.
    public var portMask: UInt32 = 0
    /// Bits that are set after masking.
    public var portValue: UInt32 = 0
    public var protocolMask: UInt16 = 0
    public var seed: UInt32 = 0
    /// Not 0.
    public var modulus: UInt32 = 1
    public var offset: UInt32 = 0

    public init() {}
}
