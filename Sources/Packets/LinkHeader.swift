/// What a frame's link layer says, and where the network header is.
public struct LinkHeader: Sendable, BitwiseCopyable {
    public var content: LinkContent
    /// The payload's EtherType where there is one; for PPP the PPP protocol number; else 0.
    public var etherType: UInt16
    /// Where the network header begins in the frame; meaningful if `content` is IPv4, IPv6 or ARP.
    public var networkOffset: UInt32
    /// From the destination MAC (never `otherHost`: whose host it is, the link layer can't say), or from the
    /// packet type of Linux cooked captures.
    public var packetType: PacketType
    /// From the packet type of Linux cooked captures; `unknown` elsewhere.
    public var direction: FrameDirection
    /// Whether both MAC addresses are there. Cooked captures have only the source, and leave this false.
    public var hasMACs: Bool
    public var sourceMAC: MACAddress
    public var destinationMAC: MACAddress
    /// The VLAN id of the outermost tag; 0 without tag, or with a priority tag, which the kernel takes for none.
    public var vlan: UInt16
    /// The VLAN id of the tag inside that one, or 0.
    public var innerVLAN: UInt16
    /// The capturing host's interface index (SLL2 only), or 0.
    public var interfaceIndex: UInt32

    @inlinable public init() {
        content = .unsupportedLinkType
        etherType = 0
        networkOffset = 0
        packetType = .host
        direction = .unknown
        hasMACs = false
        sourceMAC = MACAddress(bits: 0)
        destinationMAC = MACAddress(bits: 0)
        vlan = 0
        innerVLAN = 0
        interfaceIndex = 0
    }
}

/// What a frame carries. The raw values are the reasons that reports give for frames that are no IP.
public enum LinkContent: String, Sendable, CaseIterable, BitwiseCopyable {
    case ipv4
    case ipv6
    case arp
    case otherEtherType = "other-ethertype"
    /// IEEE 802.2 without SNAP: spanning tree, IS-IS …
    case llc
    /// LCP, IPCP, CHAP … and PPPoE discovery.
    case pppControl = "ppp-control"
    /// 802.11 management and control frames, and data frames without data.
    case wirelessControl = "802.11-control"
    /// An 802.11 frame whose body is protected, or an aggregate of several.
    case wirelessOpaque = "802.11-opaque"
    case otherAddressFamily = "other-address-family"
    /// More VLAN tags or MPLS labels than `LinkLayer.maximumTags`.
    case tooManyTags = "too-many-tags"
    case unsupportedLinkType = "unsupported-link-type"
    /// The frame ends inside its link header.
    case truncated = "link-header-truncated"
    /// The same, because of the capture's snapshot length.
    case cutByCapture = "cut-by-capture"
}
