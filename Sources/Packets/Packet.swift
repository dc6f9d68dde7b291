/// An IP protocol number (the IPv4 protocol field, or the upper-layer protocol behind IPv6 extension headers).
public struct IPProtocol: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    public var rawValue: UInt8

    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    @inlinable public static var icmp: IPProtocol { IPProtocol(rawValue: 1) }
    @inlinable public static var igmp: IPProtocol { IPProtocol(rawValue: 2) }
    @inlinable public static var tcp: IPProtocol { IPProtocol(rawValue: 6) }
    @inlinable public static var udp: IPProtocol { IPProtocol(rawValue: 17) }
    @inlinable public static var dccp: IPProtocol { IPProtocol(rawValue: 33) }
    @inlinable public static var gre: IPProtocol { IPProtocol(rawValue: 47) }
    @inlinable public static var esp: IPProtocol { IPProtocol(rawValue: 50) }
    @inlinable public static var ah: IPProtocol { IPProtocol(rawValue: 51) }
    @inlinable public static var icmpv6: IPProtocol { IPProtocol(rawValue: 58) }
    @inlinable public static var ipv6NoNext: IPProtocol { IPProtocol(rawValue: 59) }
    @inlinable public static var sctp: IPProtocol { IPProtocol(rawValue: 132) }
    @inlinable public static var udpLite: IPProtocol { IPProtocol(rawValue: 136) }
}

/// A decoded IP packet: the header fields that rules and connection tracking read, in host byte order.
///
/// Trivially copyable and free of references, so that the packet loop allocates nothing. The bytes travel
/// beside it as a `RawSpan` of the frame; offsets here count from the frame's first byte.
public struct Packet: Sendable, BitwiseCopyable {
    public var family: AddressFamily
    /// See `IPAddress.bits`.
    public var source: UInt128
    public var destination: UInt128
    /// The upper-layer protocol; for a broken IPv6 header chain, the last next-header value that was read.
    public var transportProtocol: IPProtocol
    /// IPv4 TOS, IPv6 traffic class.
    public var trafficClass: UInt8
    /// IPv4 TTL, IPv6 hop limit.
    public var hopLimit: UInt8
    /// The IP packet's length in bytes, which rules count: IPv4 total length; IPv6 40 + payload length.
    public var totalLength: UInt32
    /// The IPv4 identification, or that of the IPv6 fragment header.
    public var identification: UInt32
    /// In units of 8 bytes; not zero for every fragment but the first.
    public var fragmentOffset: UInt16
    public var flags: PacketFlags

    /// Where the IP header begins in the frame.
    public var networkOffset: UInt32
    /// Where the upper-layer header begins in the frame (behind IPv4 options, IPv6 extension headers).
    public var transportOffset: UInt32
    /// The upper layer's bytes by the IP header's word (header and payload).
    public var transportLength: UInt32
    /// How many of them the capture holds; fewer than `transportLength` when it was cut by a snapshot length.
    public var transportCaptured: UInt32

    /// Ports of TCP, UDP, UDP-Lite, SCTP and DCCP; 0 where the header has none or isn't there.
    public var sourcePort: UInt16
    public var destinationPort: UInt16
    /// ICMP and ICMPv6; 0 elsewhere.
    public var icmpType: UInt8
    public var icmpCode: UInt8
    /// The identifier of an ICMP or ICMPv6 query; 0 elsewhere.
    public var icmpIdentifier: UInt16

    /// The 14th byte of the TCP header: CWR ECE URG ACK PSH RST SYN FIN from the high bit down.
    public var tcpFlags: TCPFlags
    /// TCP header length in bytes (data offset × 4), as stated; may be less than 20 or more than there is.
    public var tcpHeaderLength: UInt8
    public var tcpWindow: UInt16
    public var tcpSequence: UInt32
    public var tcpAcknowledgement: UInt32

    /// A packet with every field zero, for a decoder to fill.
    @inlinable public init(family: AddressFamily) {
        self.family = family
        source = 0
        destination = 0
        transportProtocol = IPProtocol(rawValue: 0)
        trafficClass = 0
        hopLimit = 0
        totalLength = 0
        identification = 0
        fragmentOffset = 0
        flags = []
        networkOffset = 0
        transportOffset = 0
        transportLength = 0
        transportCaptured = 0
        sourcePort = 0
        destinationPort = 0
        icmpType = 0
        icmpCode = 0
        icmpIdentifier = 0
        tcpFlags = []
        tcpHeaderLength = 0
        tcpWindow = 0
        tcpSequence = 0
        tcpAcknowledgement = 0
    }

    /// Whether this is a fragment behind the first, which has no upper-layer header.
    @inlinable public var isLaterFragment: Bool { fragmentOffset != 0 }
    /// Whether this is any fragment of a larger packet.
    @inlinable public var isFragment: Bool { fragmentOffset != 0 || flags.contains(.moreFragments) }
}

/// TCP header flags.
public struct TCPFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
    public var rawValue: UInt8

    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    @inlinable public static var fin: TCPFlags { TCPFlags(rawValue: 0x01) }
    @inlinable public static var syn: TCPFlags { TCPFlags(rawValue: 0x02) }
    @inlinable public static var rst: TCPFlags { TCPFlags(rawValue: 0x04) }
    @inlinable public static var psh: TCPFlags { TCPFlags(rawValue: 0x08) }
    @inlinable public static var ack: TCPFlags { TCPFlags(rawValue: 0x10) }
    @inlinable public static var urg: TCPFlags { TCPFlags(rawValue: 0x20) }
    @inlinable public static var ece: TCPFlags { TCPFlags(rawValue: 0x40) }
    @inlinable public static var cwr: TCPFlags { TCPFlags(rawValue: 0x80) }
}

/// What decoding noticed about a packet.
public struct PacketFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
    public var rawValue: UInt16

    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    @inlinable public static var dontFragment: PacketFlags { PacketFlags(rawValue: 1 << 0) }
    @inlinable public static var moreFragments: PacketFlags { PacketFlags(rawValue: 1 << 1) }
    /// The whole fixed upper-layer header is there (20 bytes of TCP, 8 of UDP …): ports, flags and types hold.
    /// Never set for a later fragment.
    @inlinable public static var hasTransportHeader: PacketFlags { PacketFlags(rawValue: 1 << 2) }
    /// At least 4 bytes of the upper layer are there: the ports hold even if the rest of the header is cut short.
    @inlinable public static var hasPorts: PacketFlags { PacketFlags(rawValue: 1 << 3) }
    /// IPv4 options, or any IPv6 extension header.
    @inlinable public static var hasOptions: PacketFlags { PacketFlags(rawValue: 1 << 4) }
    /// An IPv6 fragment header, also an atomic one.
    @inlinable public static var hasFragmentHeader: PacketFlags { PacketFlags(rawValue: 1 << 5) }
    /// Reserved bits are set in the IPv6 fragment header (its reserved byte or the two bits behind the offset).
    @inlinable public static var fragmentReservedBits: PacketFlags { PacketFlags(rawValue: 1 << 6) }
    /// The IPv6 header chain ends before an upper-layer header (as the kernel's `ipv6_find_hdr` fails).
    @inlinable public static var brokenHeaderChain: PacketFlags { PacketFlags(rawValue: 1 << 7) }
    /// The capture holds fewer bytes of the packet than its IP header says, because of a snapshot length.
    @inlinable public static var cutByCapture: PacketFlags { PacketFlags(rawValue: 1 << 8) }
}

/// Why bytes are no IP packet that the kernel would let into PREROUTING (`ip_rcv_core`, `ip6_rcv_core`).
/// A result and a counter, never thrown.
public enum Malformation: String, Sendable, CaseIterable, BitwiseCopyable {
    case linkHeaderTruncated = "link-header-truncated"
    /// No fault of the packet: the capture's snapshot length ends inside the link or IP header, and nothing is
    /// known of it.
    case headerCutByCapture = "header-cut-by-capture"
    case ipHeaderTruncated = "ip-header-truncated"
    case badVersion = "bad-version"
    case badHeaderLength = "bad-header-length"
    case badHeaderChecksum = "bad-header-checksum"
    case totalLengthTooSmall = "total-length-too-small"
    case totalLengthTooLarge = "total-length-too-large"
    case badJumboOption = "bad-jumbo-option"
    case badHopByHopOption = "bad-hop-by-hop-option"
    case loopbackAddressOnWire = "loopback-address-on-wire"
    case badAddressScope = "bad-address-scope"
}
