import Packets
import TestSupport
import Testing

@Suite struct PacketDescriptionTests {
    @Test(arguments: [
        ("tcp 10.0.0.5:4242 > 192.0.2.1:443 S", nil),
        ("udp [2001:db8::1]:53 > [2001:db8::2]:4000 len 60", nil),
        ("icmp 10.0.0.5 > 192.0.2.1 echo-request", nil),
        ("tcp 10.0.0.5:1 > 10.0.0.6:2", "tcp 10.0.0.5:1 > 10.0.0.6:2 S"),
        ("  TCP   10.0.0.5:1\t> 10.0.0.6:2  S.", "tcp 10.0.0.5:1 > 10.0.0.6:2 SA"),
        ("tcp 10.0.0.5:1 > 10.0.0.6:2 none", nil), ("tcp 10.0.0.5:1 > 10.0.0.6:2 FSRPAUEC", nil),
        ("6 10.0.0.5:1 > 10.0.0.6:2 R len 40", "tcp 10.0.0.5:1 > 10.0.0.6:2 R"),
        ("icmp 10.0.0.5 > 192.0.2.1", "icmp 10.0.0.5 > 192.0.2.1 echo-request"),
        ("icmp 10.0.0.5 > 192.0.2.1 3/3", "icmp 10.0.0.5 > 192.0.2.1 port-unreachable"),
        ("icmp 10.0.0.5 > 192.0.2.1 3", "icmp 10.0.0.5 > 192.0.2.1 network-unreachable"),
        ("icmp 10.0.0.5 > 192.0.2.1 3/8", nil), ("icmp 10.0.0.5 > 192.0.2.1 200/7", nil),
        ("icmp 2001:db8::1 > 2001:db8::2", "icmpv6 2001:db8::1 > 2001:db8::2 echo-request"),
        ("1 2001:db8::1 > 2001:db8::2 source-quench", nil),
        ("icmpv6 2001:db8::1 > ff02::1 neighbor-sol", "icmpv6 2001:db8::1 > ff02::1 neighbour-solicitation"),
        ("gre 10.0.0.5 > 192.0.2.1 len 100", nil), ("253 10.0.0.5 > 192.0.2.1", nil),
        ("47 [2001:db8::1] > 2001:db8::2", "gre 2001:db8::1 > 2001:db8::2"),
        (
            "udp 10.0.0.5:1 > 10.0.0.6:2 mark=1 df id=0x10 tos=16 ttl=1 state=established out=eth1 in=eth0 length=90",
            "udp 10.0.0.5:1 > 10.0.0.6:2 len 90 in=eth0 out=eth1 state=ESTABLISHED ttl=1 tos=0x10 id=16 df mark=0x1"
        ),
        ("udp 10.0.0.5:1 > 10.0.0.6:2 mac=0:1:2:3:4:5", "udp 10.0.0.5:1 > 10.0.0.6:2 mac=00:01:02:03:04:05"),
        ("udp 10.0.0.5 > 10.0.0.6 len 100 frag=1480+", nil), ("udp 10.0.0.5:1 > 10.0.0.6:2 frag=0+", nil),
        ("tcp 10.0.0.5:1 > 10.0.0.6:2 A seq=1 ack=4294967295 win=0", nil),
        ("tcp 10.0.0.5:1 > 10.0.0.6:2 cut", nil), ("tcp 10.0.0.5 > 10.0.0.6 cut len 22", nil),
    ])
    func canonicalForm(text: String, canonical: String?) throws {
        let packet = try PacketDescription(parsing: text)
        #expect(packet.description == canonical ?? text)
        #expect(try PacketDescription(parsing: packet.description) == packet)
    }

    @Test(arguments: [
        ("", 0..<0, "expected a protocol", nil),
        ("tpc 1.2.3.4:1 > 1.2.3.5:2", 0..<3, "unknown protocol", "tcp"),
        ("tcp", 3..<3, "expected the source", nil), ("tcp 1.2.3.4:1", 13..<13, "expected '>'", nil),
        ("tcp 1.2.3.4:1 1.2.3.5:2", 14..<23, "expected '>'", nil),
        ("tcp 1.2.3.4:1 >", 15..<15, "expected the destination", nil),
        ("tcp 1.2.3:1 > 1.2.3.5:2", 4..<9, "no IPv4 or IPv6 address", nil),
        ("tcp 1.2.3.4:65536 > 1.2.3.5:2", 12..<17, "no port", nil),
        ("tcp 1.2.3.4:+1 > 1.2.3.5:2", 12..<14, "no port", nil),
        ("tcp [::1:1 > [::2]:2", 4..<10, "'[' without ']'", nil),
        ("tcp [::1]1 > [::2]:2", 9..<10, "expected ':'", nil),
        ("tcp [1.2.3.4]:1 > 1.2.3.5:2", 5..<12, "no IPv4 or IPv6", nil),
        ("tcp 1.2.3.4:1 > [::2]:2", 16..<23, "different address families", nil),
        ("tcp 1.2.3.4 > 1.2.3.5:2", 11..<11, "needs a port", nil),
        ("icmp 1.2.3.4:1 > 1.2.3.5:2", 5..<14, "has no ports", nil),
        ("udp 1.2.3.4:1 > 1.2.3.5:2 frag=8", 4..<13, "later fragment", nil),
        ("tcp 1.2.3.4:1 > 1.2.3.5:2 syn", 26..<29, "TCP flags", nil),
        ("tcp 1.2.3.4:1 > 1.2.3.5:2 sa", 26..<28, "TCP flags", "SA"),
        ("tcp 1.2.3.4:1 > 1.2.3.5:2 S A", 28..<29, "unexpected", nil),
        ("icmp 1.2.3.4 > 1.2.3.5 echo-reqest", 23..<34, "unknown ICMP type", "echo-request"),
        ("icmp 1.2.3.4 > 1.2.3.5 netw", 23..<27, "ambiguous", nil),
        ("icmp 1.2.3.4 > 1.2.3.5 any", 23..<26, "unknown ICMP type", nil),
        ("udp 1.2.3.4:1 > 1.2.3.5:2 tll=1", 26..<29, "unknown key", "ttl"),
        ("udp 1.2.3.4:1 > 1.2.3.5:2 ttl=256", 30..<33, "from 0 to 255", nil),
        ("udp 1.2.3.4:1 > 1.2.3.5:2 ttl=", 30..<30, "from 0 to 255", nil),
        ("udp 1.2.3.4:1 > 1.2.3.5:2 state=ESTABLISHD", 32..<42, "unknown connection state", "ESTABLISHED"),
        ("udp 1.2.3.4:1 > 1.2.3.5:2 in=abcdefghijklmnop", 29..<45, "no interface name", nil),
        ("udp 1.2.3.4:1 > 1.2.3.5:2 frag=7", 31..<32, "multiple of 8", nil),
        ("udp 1.2.3.4:1 > 1.2.3.5:2 seq=7", 30..<31, "only TCP", nil),
        ("udp 1.2.3.4:1 > 1.2.3.5:2 len", 29..<29, "expected the packet's length", nil),
        ("udp 1.2.3.4:1 > 1.2.3.5:2 len 27", 30..<32, "headers alone take 28", nil),
        ("udp 1.2.3.4:1 > 1.2.3.5:2 len 65536", 30..<35, "at most 65535", nil),
        ("udp ::1 > ::2 df", 14..<16, "IPv6 has no 'df'", nil),
        ("udp 1.2.3.4:1 > 1.2.3.5:2 lne", 26..<29, "unexpected", "len"),
    ])
    func errors(text: String, range: Range<Int>, message: String, suggestion: String?) {
        let error = #expect(throws: PacketDescriptionError.self) { try PacketDescription(parsing: text) }
        #expect(error?.range == range)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        #expect(error?.suggestion == suggestion)
    }

    /// Words to bytes to packet to words.
    @Test(arguments: [
        "tcp 10.0.0.5:4242 > 192.0.2.1:443 SA len 1500 ttl=3 tos=0x10 id=7 df",
        "tcp [2001:db8::1]:4242 > [2001:db8::2]:443 S", "udp 10.0.0.5:1 > 10.0.0.6:2 len 29",
        "udp [2001:db8::1]:53 > [2001:db8::2]:4000 len 60", "icmp 10.0.0.5 > 192.0.2.1 echo-request len 84",
        "icmpv6 2001:db8::1 > 2001:db8::2 packet-too-big", "sctp 10.0.0.5:1 > 10.0.0.6:2 len 60",
        "udplite 10.0.0.5:1 > 10.0.0.6:2 len 60", "dccp 10.0.0.5:1 > 10.0.0.6:2",
        "gre 10.0.0.5 > 10.0.0.6 len 60",
        "esp 10.0.0.5 > 10.0.0.6 len 60", "udp 10.0.0.5 > 10.0.0.6 len 100 id=1 frag=1480+",
        "udp [2001:db8::1]:53 > [2001:db8::2]:4000 len 100 id=5 frag=0+",
        "udp 2001:db8::1 > 2001:db8::2 len 100 id=5 frag=800", "tcp 10.0.0.5:1 > 10.0.0.6:2 cut",
        "tcp 10.0.0.5 > 10.0.0.6 cut", "igmp 10.0.0.5 > 224.0.0.1 len 28",
    ])
    func throughBytes(words: String) throws {
        let frame = try DecodedFrame(words: words)
        #expect(frame.isPacket)
        #expect(PacketDescription(frame.packet).description == words)
        let isWhole = !frame.packet.isFragment && frame.packet.flags.contains(.hasTransportHeader)
        if isWhole && frame.packet.transportProtocol != .dccp {
            #expect([.valid, .absent].contains(frame.checksum))
        }
    }

    @Test func metadata() throws {
        var interfaces = InterfaceTable()
        let words =
            "udp 10.0.0.5:1 > 10.0.0.6:2 in=eth0 out=wlan0 state=NEW mark=0xff mac=02:00:00:00:00:01"
            + " dmac=ff:ff:ff:ff:ff:ff"
        let described = try PacketDescription(parsing: words)
        let metadata = described.metadata(&interfaces)
        #expect(metadata.inInterface == interfaces.lookUp("eth0") && metadata.hasMACs && metadata.mark == 255)
        let packet = DecodedFrame(described.bytes(), .raw).packet
        #expect(PacketDescription(packet, metadata, interfaces: interfaces, state: .new).description == words)
    }

    @Test func icmpTypeNames() {
        for family in AddressFamily.allCases {
            for name in ICMPTypeNames.all(family) where name.name != "any" {
                guard case .found(let found) = ICMPTypeNames.find(name.name.uppercased(), family) else {
                    Issue.record("\(name.name)")
                    continue
                }
                #expect(found == name)
                if name.codes.count == 1 {
                    #expect(
                        ICMPTypeNames.name(type: name.type, code: name.codes.lowerBound, family) == name.name)
                }
            }
        }
        #expect(ICMPTypeNames.name(type: 8, code: 0, .ipv4) == "echo-request")
        #expect(ICMPTypeNames.name(type: 8, code: 1, .ipv4) == nil)
        #expect(ICMPTypeNames.name(type: 135, code: 0, .ipv6) == "neighbour-solicitation")
    }
}
