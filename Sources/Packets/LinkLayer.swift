extension LinkType {
    public static let null = LinkType(rawValue: 0)
    public static let ethernet = LinkType(rawValue: 1)
    public static let ppp = LinkType(rawValue: 9)
    public static let pppHDLC = LinkType(rawValue: 50)
    public static let pppEther = LinkType(rawValue: 51)
    public static let raw = LinkType(rawValue: 101)
    public static let ciscoHDLC = LinkType(rawValue: 104)
    public static let ieee80211 = LinkType(rawValue: 105)
    public static let loop = LinkType(rawValue: 108)
    public static let linuxSLL = LinkType(rawValue: 113)
    public static let prism = LinkType(rawValue: 119)
    public static let radiotap = LinkType(rawValue: 127)
    public static let avs = LinkType(rawValue: 163)
    public static let ipv4 = LinkType(rawValue: 228)
    public static let ipv6 = LinkType(rawValue: 229)
    public static let nflog = LinkType(rawValue: 239)
    public static let linuxSLL2 = LinkType(rawValue: 276)
}

/// From a frame's link type and bytes to where its network header is.
///
/// Tunnels over IP (GRE, VXLAN …) are left alone: their outer packet is what a firewall sees.
public enum LinkLayer {
    /// VLAN tags, or MPLS labels, that are looked behind in one frame.
    public static let maximumTags = 8

    /// Reads the link header of a frame; `bytes` are the frame as captured.
    /// - Parameter header: overwritten. (Not a result: copying what was just written in parts costs 9 ns.)
    @inline(__always)
    public static func decode(_ frame: Frame, _ bytes: RawSpan, into header: inout LinkHeader) {
        header = LinkHeader()
        if frame.linkType == .ethernet {
            EthernetLink.decode(bytes, at: 0, into: &header)
        } else {
            decodeOther(frame, bytes, into: &header)
        }
        if header.content == .truncated && bytes.byteCount < Int(frame.originalLength) {
            header.content = .cutByCapture
        }
    }

    /// Adding a link type is one case here.
    @inline(never)
    private static func decodeOther(_ frame: Frame, _ bytes: RawSpan, into header: inout LinkHeader) {
        switch frame.linkType {
        case .linuxSLL: LinuxCookedLink.decodeVersion1(bytes, into: &header)
        case .linuxSLL2: LinuxCookedLink.decodeVersion2(bytes, into: &header)
        // 12 and 14 are what DLT_RAW is on Linux and OpenBSD; some programs store them.
        case .raw, LinkType(rawValue: 12), LinkType(rawValue: 14):
            RawIPLink.decode(bytes, at: 0, into: &header)
        case .ipv4: header.content = .ipv4
        case .ipv6: header.content = .ipv6
        case .null, .loop: LoopbackLink.decode(bytes, into: &header)
        case .ppp, .pppHDLC: PPPLink.decodeFramed(bytes, into: &header)
        case .pppEther: PPPLink.decodeSession(bytes, at: 0, into: &header)
        case .ciscoHDLC: PPPLink.decodeCiscoHDLC(bytes, into: &header)
        case .ieee80211: WirelessLink.decode(bytes, at: 0, into: &header)
        case .radiotap: WirelessLink.decodeRadiotap(bytes, into: &header)
        case .prism: WirelessLink.decodePrism(bytes, into: &header)
        case .avs: WirelessLink.decodeAVS(bytes, into: &header)
        case .nflog: NFLogLink.decode(bytes, into: &header)
        default: break
        }
    }
}
