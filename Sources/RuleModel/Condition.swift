public import Packets

/// What a match means: the one definition that the engine compiles, `explain` narrates and a solver solves.
///
/// A condition is tested left to right and stops at the first part that decides, as the kernel does; that shows
/// where a part has history, or drops the packet on the spot (`header`).
public indirect enum Condition: Hashable, Sendable {
    case always
    case not(Condition)
    /// True for none.
    case all([Condition])
    /// False for none.
    case any([Condition])

    /// The field's value is in the set. False for a packet that doesn't have the field.
    case number(NumberField, in: NumberSet)
    /// `field & mask == value`. False for a packet that doesn't have the field.
    case bits(NumberField, mask: UInt32, value: UInt32)
    /// `field & mask != 0`.
    case anyBit(NumberField, mask: UInt32)

    /// `address & mask == value`: a prefix, or any other mask.
    case address(AddressField, value: UInt128, mask: UInt128)
    case addressRange(AddressField, ClosedRange<UInt128>)
    /// What the host's routing says the address is.
    case addressType(AddressField, AddressTypes, limitedTo: AddressTypeScope)

    /// What the host's routing says of the way back to the source.
    case reversePath(ReversePathTest)

    case interface(InterfaceField, InterfacePattern)
    /// The frame has link-layer addresses, and its source is this one.
    case sourceMAC(MACAddress)

    /// The packet has the header that a match reads. False for a later fragment; a header that is cut short
    /// drops the packet at once, without a count for rule or policy ("hotdrop").
    case header(HeaderRequirement)
    /// A TCP option of this kind is there; malformed options drop the packet at once.
    case tcpOption(kind: UInt8)
    /// A connection is tracked for the packet: neither INVALID nor UNTRACKED.
    case hasConnection

    /// A test of the packet's bytes.
    case packet(PacketTest)
    /// A test of what no capture tells.
    case fact(FactTest)
    /// A test whose answer depends on the packets before or on the time, not on the packet alone.
    case history(HistoryTest)
}

/// A packet, host or connection field with a value of at most 32 bits, in host byte order.
public enum NumberField: UInt8, Hashable, Sendable, CaseIterable, BitwiseCopyable {
    /// `Packet.transportProtocol`.
    case transportProtocol
    case sourcePort
    case destinationPort
    case icmpType
    case icmpCode
    /// The 14th byte of the TCP header.
    case tcpFlags
    /// The value of TCP's MSS option; a packet without it doesn't have the field, malformed options drop it.
    case tcpMaximumSegmentSize
    /// `Packet.totalLength`.
    case length
    /// TTL or hop limit.
    case hopLimit
    /// TOS or traffic class.
    case trafficClass
    /// In units of 8 bytes.
    case fragmentOffset
    /// 1 if there is an IPv6 fragment header, else 0.
    case fragmentHeader
    /// The identification in the IPv6 fragment header; absent without one.
    case fragmentIdentification
    /// The more-fragments flag, 0 or 1.
    case moreFragments
    /// 1 if reserved bits of the IPv6 fragment header are set.
    case fragmentReserved
    case mark
    /// Of ESP and AH; a packet of another protocol, or whose header is cut short, doesn't have the field.
    case securityParameterIndex
    /// `PacketType.rawValue`.
    case packetType
    /// 1 if the frame has link-layer addresses, else 0.
    case linkAddresses
    /// `ConnectionState.rawValue`.
    case connectionState
    /// `ConnectionStatus.rawValue`; 0 without a connection.
    case connectionStatus
    /// 0 original, 1 reply; absent without a connection, as are all that follow.
    case connectionDirection
    case connectionProtocol
    case connectionOriginalSourcePort
    case connectionOriginalDestinationPort
    case connectionReplySourcePort
    case connectionReplyDestinationPort
    /// Seconds.
    case connectionExpiry
    case connectionMark
}

/// A field that holds an IP address. Those of a connection are absent without one.
public enum AddressField: UInt8, Hashable, Sendable, CaseIterable, BitwiseCopyable {
    case source, destination
    case connectionOriginalSource, connectionOriginalDestination
    case connectionReplySource, connectionReplyDestination
}

public enum InterfaceField: UInt8, Hashable, Sendable, BitwiseCopyable {
    case input, output
}

/// An interface name, or the beginning of names (`eth+`).
public struct InterfacePattern: Hashable, Sendable {
    public let text: String
    /// Whether every name that begins with `text` matches.
    public let isPrefix: Bool

    public init(text: String, isPrefix: Bool) {
        self.text = text
        self.isPrefix = isPrefix
    }

    public func matches(_ name: String) -> Bool {
        isPrefix ? name.utf8.starts(with: text.utf8) : name == text
    }
}

/// What a match needs of the upper-layer header before it reads it.
public enum HeaderRequirement: UInt8, Hashable, Sendable, BitwiseCopyable {
    /// 20 bytes; a fragment at offset 8 drops the packet at once (`tcp_mt` in `net/netfilter/xt_tcpudp.c`).
    case tcp
    /// 8 bytes (`udp_mt`).
    case udp
    /// 8 bytes (`icmp_match` in `net/netfilter/xt_tcpudp.c` or `ip_tables.c`).
    case icmp
    /// 4 bytes of ports (`multiport_mt` in `net/netfilter/xt_multiport.c`).
    case ports
    /// The IPv6 header chain leads to an upper-layer protocol (`ip6_packet_match` in `ip6_tables.c`); it may be
    /// a later fragment's. Always true for IPv4.
    case protocolChain
    /// TCP's header for `xt_tcpmss`: 20 bytes, and all of its options.
    case tcpOptions
}

/// Kinds of addresses that `-m addrtype` knows. The bits are the kernel's `XT_ADDRTYPE_`
/// (`linux/netfilter/xt_addrtype.h`): 1 shifted by the `RTN_` route type.
public struct AddressTypes: OptionSet, Hashable, Sendable {
    public var rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let unspecified = AddressTypes(rawValue: 1 << 0)
    public static let unicast = AddressTypes(rawValue: 1 << 1)
    public static let local = AddressTypes(rawValue: 1 << 2)
    public static let broadcast = AddressTypes(rawValue: 1 << 3)
    public static let anycast = AddressTypes(rawValue: 1 << 4)
    public static let multicast = AddressTypes(rawValue: 1 << 5)
    public static let blackhole = AddressTypes(rawValue: 1 << 6)
    public static let unreachable = AddressTypes(rawValue: 1 << 7)
    public static let prohibit = AddressTypes(rawValue: 1 << 8)
    public static let `throw` = AddressTypes(rawValue: 1 << 9)
    public static let nat = AddressTypes(rawValue: 1 << 10)
    public static let xresolve = AddressTypes(rawValue: 1 << 11)
}

public enum AddressTypeScope: UInt8, Hashable, Sendable {
    case anyInterface, inputInterface, outputInterface
}
