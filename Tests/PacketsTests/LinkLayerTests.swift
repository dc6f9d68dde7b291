import Packets
import TestSupport
import Testing

@Suite struct LinkLayerTests {
    /// The IPv4 and IPv6 headers that the link headers below stand in front of.
    private static let ipv4 = Array(FrameSamples.tcpSYN.dropFirst(14))
    private static let ipv6 = Array(FrameSamples.neighbourSolicitation.dropFirst(14))
    private static let macs = "020000000001 020000000002"

    @Test(
        arguments: [
            ("ethernet", .ethernet, macs + "0800"), ("802.1Q", .ethernet, macs + "8100 0064 0800"),
            ("QinQ", .ethernet, macs + "88a8 0064 8100 00c8 0800"),
            ("9100", .ethernet, macs + "9100 0064 8100 00c8 0800"),
            ("SNAP", .ethernet, macs + "0050 aaaa03 000000 0800"),
            ("PPPoE", .ethernet, macs + "8864 1100 0001 0050 0021"),
            ("PPPoE compressed", .ethernet, macs + "8864 1100 0001 0050 21"),
            ("MPLS", .ethernet, macs + "8847 00010040 00020140"),
            ("SLL", .linuxSLL, "0000 0001 0006 020000000001 0000 0800"),
            ("SLL2", .linuxSLL2, "0800 0000 00000007 0001 04 06 020000000001 0000"), ("raw", .raw, ""),
            ("raw 12", LinkType(rawValue: 12), ""), ("raw 14", LinkType(rawValue: 14), ""),
            ("ipv4", .ipv4, ""),
            ("null little", .null, "02000000"), ("null big", .null, "00000002"), ("loop", .loop, "00000002"),
            ("PPP", .ppp, "0021"), ("PPP framed", .ppp, "ff03 0021"), ("PPP compressed", .ppp, "21"),
            ("PPP HDLC", .pppHDLC, "ff03 0021"), ("PPP Cisco", .pppHDLC, "0f00 0800"),
            ("PPPoE", .pppEther, "1100 0001 0050 0021"),
            ("Cisco", .ciscoHDLC, "0f00 0800"),
            (
                "802.11", .ieee80211,
                "0801 0000 020000000009 020000000002 020000000001 0000 aaaa03 000000 0800"
            ),
            (
                "802.11 QoS", .ieee80211,
                "8802 0000 020000000001 020000000009 020000000002 0000 0000 aaaa03 000000 0800"
            ),
            (
                "802.11 WDS", .ieee80211,
                "0803 0000 020000000008 020000000009 020000000001 0000 020000000002 aaaa03 000000 0800"
            ),
            (
                "radiotap", .radiotap,
                "0000 0800 00000000 0801 0000 020000000009 020000000002 020000000001 0000 aaaa03 000000 0800"
            ),
            (
                "radiotap padded", .radiotap,
                "0000 0900 02000000 20 8801 0000 020000000009 020000000002 020000000001 0000 0000 0000"
                    + "aaaa03 000000 0800"
            ),
            (
                "AVS", .avs,
                "80211001 00000008 0801 0000 020000000009 020000000002 020000000001 0000 aaaa03 000000 0800"
            ),
            (
                "Prism", .prism,
                String(repeating: "44", count: 144)
                    + "0801 0000 020000000009 020000000002 020000000001 0000 aaaa03 000000 0800"
            ),
            ("NFLOG", .nflog, "02 00 0003 0500 0a00 78000000 4000 0900"),
            ("NFLOG big-endian", .nflog, "02 00 0003 0005 000a 78000000 0040 0009"),
        ] as [(String, LinkType, String)])
    func carriesIPv4(name: String, linkType: LinkType, header: String) {
        let prefix = bytes(hex: header)
        let frame = DecodedFrame(prefix + LinkLayerTests.ipv4, linkType)
        #expect(frame.link.content == .ipv4)
        #expect(Int(frame.link.networkOffset) == prefix.count)
        #expect(frame.isPacket && frame.packet.destinationPort == 80)
    }

    @Test(
        arguments: [
            ("ethernet", .ethernet, macs + "86dd"), ("QinQ", .ethernet, macs + "88a8 0064 8100 00c8 86dd"),
            ("PPPoE", .ethernet, macs + "8864 1100 0001 0050 0057"),
            ("MPLS", .ethernet, macs + "8848 00010140"),
            ("raw", .raw, ""), ("ipv6", .ipv6, ""), ("Darwin", .null, "1e000000"),
            ("FreeBSD", .null, "1c000000"),
            ("NetBSD", .null, "00000018"), ("Linux", .loop, "0000000a"), ("PPP", .ppp, "57"),
            ("Cisco", .ciscoHDLC, "0f00 86dd"), ("NFLOG", .nflog, "0a 00 0003 4000 0900"),
        ] as [(String, LinkType, String)])
    func carriesIPv6(name: String, linkType: LinkType, header: String) {
        let prefix = bytes(hex: header)
        let frame = DecodedFrame(prefix + LinkLayerTests.ipv6, linkType)
        #expect(frame.link.content == .ipv6)
        #expect(Int(frame.link.networkOffset) == prefix.count)
        #expect(frame.isPacket && frame.packet.icmpType == 135)
    }

    @Test(
        arguments: [
            (.ethernet, macs + "0806 00000000", .arp), (.ethernet, macs + "88cc 00000000", .otherEtherType),
            (.ethernet, macs + "0026 424203 0000", .llc),
            (.ethernet, macs + "8863 1109 0000 0000", .pppControl),
            (.ethernet, macs + "8864 1100 0001 0002 c021", .pppControl),
            (.ppp, "ff03 c021 0101", .pppControl),
            (.null, "07000000", .otherAddressFamily),
            (.ieee80211, "8000" + String(repeating: "00", count: 30), .wirelessControl),
            (.ieee80211, "0841" + String(repeating: "00", count: 30), .wirelessOpaque),
            (.ieee80211, "4801" + String(repeating: "00", count: 30), .wirelessControl),
            (LinkType(rawValue: 9999), "0000", .unsupportedLinkType), (.ethernet, macs + "08", .truncated),
            (.ethernet, macs + "8100 00", .truncated), (.ethernet, macs + "8847 000100", .truncated),
            (.linuxSLL2, "0800", .truncated),
            (.linuxSLL, "0000 0001 0006 020000000001 0000 0004 424203", .llc),
        ] as [(LinkType, String, LinkContent)])
    func carriesNoIP(linkType: LinkType, hex: String, expected: LinkContent) {
        let frame = DecodedFrame(bytes(hex: hex), linkType)
        #expect(frame.link.content == expected)
        #expect(!frame.isPacket)
    }

    @Test func addressesAndTags() {
        let arp = DecodedFrame(FrameSamples.arpInVLAN10).link
        #expect(arp.content == .arp && arp.vlan == 10 && arp.innerVLAN == 0 && arp.etherType == 0x0806)
        #expect(arp.hasMACs && arp.packetType == .broadcast && arp.destinationMAC == .broadcast)
        #expect(arp.sourceMAC.description == "02:00:5e:10:c1:01")
        #expect(DecodedFrame(FrameSamples.neighbourSolicitation).link.packetType == .multicast)
        let double = DecodedFrame(bytes(hex: LinkLayerTests.macs + "88a8 e064 8100 00c8 0800")).link
        #expect(double.vlan == 100 && double.innerVLAN == 200)

        let wireless = bytes(hex: "0801 0000 020000000009 020000000002 020000000001 0000 aaaa03 000000 0800")
        let toAccessPoint = DecodedFrame(wireless, .ieee80211).link
        #expect(toAccessPoint.sourceMAC.bits == 0x0200_0000_0002)
        #expect(toAccessPoint.destinationMAC.bits == 0x0200_0000_0001)
    }

    @Test func cookedCaptures() {
        let outgoing = DecodedFrame(bytes(hex: "0800 0000 00000007 0001 04 06 020000000001 0000"), .linuxSLL2)
            .link
        #expect(
            outgoing.interfaceIndex == 7 && outgoing.direction == .outbound
                && outgoing.packetType == .outgoing)
        #expect(outgoing.sourceMAC.bits == 0x0200_0000_0001 && !outgoing.hasMACs)
        let arriving = DecodedFrame(FrameSamples.sllSYN, .linuxSLL)
        #expect(arriving.link.direction == .inbound && arriving.link.packetType == .host)
        #expect(arriving.packet.destinationPort == 80)
        #expect(DecodedFrame(FrameSamples.sll2SYN, .linuxSLL2).packet.destinationPort == 80)
    }

    @Test func wrongVersionBehindRightType() {
        let frame = DecodedFrame(bytes(hex: LinkLayerTests.macs + "0800") + LinkLayerTests.ipv6)
        #expect(frame.malformation == .badVersion)
        let raw = DecodedFrame([0x10] + [UInt8](repeating: 0, count: 40), .raw)
        #expect(raw.malformation == .badVersion)
    }
}
