import Conntrack
import Engine
import Packets
import RuleModel
import Testing

/// SEMANTICS 21 and 43–47: what routing does between the hooks.
@Suite struct RoutingTests {
    static let ways: [(packet: String, way: String)] = [
        // Delivered: any of the host's addresses on any interface, broadcasts, joined groups.
        ("udp 10.0.0.5:1 > 192.0.2.1:2", "INPUT"), ("udp 10.0.0.5:1 > 198.51.100.1:2", "INPUT"),
        ("udp 10.0.0.5:1 > 192.0.2.1:2 ttl=1", "INPUT"), ("udp 10.0.0.5:1 > 192.0.2.1:2 ttl=0", "INPUT"),
        ("udp 10.0.0.5:1 > 255.255.255.255:2", "INPUT"), ("udp 0.0.0.0:68 > 255.255.255.255:67", "INPUT"),
        ("udp 10.0.0.5:1 > 192.0.2.255:2", "INPUT"), ("udp 10.0.0.5:1 > 198.51.100.255:2", "INPUT"),
        ("udp 10.0.0.5:1 > 224.0.0.1:2", "INPUT"),
        // Forwarded, also to where it came from.
        ("udp 10.0.0.5:1 > 198.51.100.7:2", "FORWARD"), ("udp 10.0.0.5:1 > 10.0.0.6:2", "FORWARD"),
        ("udp 0.1.2.3:1 > 198.51.100.7:2", "FORWARD"), ("udp 240.0.0.1:1 > 198.51.100.7:2", "FORWARD"),
        ("udp 10.0.0.5:1 > 192.0.2.0:2", "FORWARD"), ("udp 10.0.0.5:1 > 198.51.100.7:2 ttl=2", "FORWARD"),
        ("udp 10.0.0.5:1 > 198.51.100.7:2 len 1501", "FORWARD"),
        // Martians.
        ("udp 127.0.0.1:1 > 192.0.2.1:2", "martian-source"),
        ("udp 0.0.0.0:1 > 192.0.2.1:2", "martian-source"),
        ("udp 224.0.0.5:1 > 192.0.2.1:2", "martian-source"),
        ("udp 255.255.255.255:1 > 192.0.2.1:2", "martian-source"),
        ("udp 192.0.2.1:1 > 198.51.100.7:2", "martian-source"),
        ("udp 198.51.100.1:1 > 192.0.2.1:2", "martian-source"),
        ("udp 10.0.0.5:1 > 127.0.0.1:2", "martian-destination"),
        ("udp 10.0.0.5:1 > 0.0.0.0:2", "martian-destination"),
        ("udp 10.0.0.5:1 > 224.0.0.251:2", "multicast-not-joined"),
        // No way.
        ("udp 10.0.0.5:1 > 203.0.113.1:2", "no-route"),
        ("udp 10.0.0.5:1 > 198.51.100.7:2 ttl=1", "ttl-exceeded"),
        ("udp 10.0.0.5:1 > 198.51.100.7:2 ttl=0", "ttl-exceeded"),
        ("udp 10.0.0.5:1 > 198.51.100.7:2 df len 1501", "fragmentation-needed"),
    ]

    @Test(arguments: ways) func ipv4(_ packet: String, _ way: String) throws {
        var lab = try Laboratory("*raw\nCOMMIT\n*filter")
        let result = try lab.send(packet)
        #expect((result.routedAwayReason?.rawValue ?? result.path?.name) == way)
        #expect((result.verdict == .routedAway) == (result.path == nil))
        #expect(lab.counters(.raw, "PREROUTING").hasPrefix("[1:"), "all of them reach PREROUTING")
        let filter = (result.path?.name).map { lab.counters(.filter, $0) }
        #expect(filter?.hasPrefix("[1:") ?? (lab.counters(.filter, "FORWARD") == "[0:0]"))
    }

    static let ways6: [(packet: String, way: String)] = [
        ("udp [2001:db8::5]:1 > [2001:db8::1]:2", "INPUT"),
        ("udp [2001:db8::5]:1 > [2001:db8:0:1::1]:2", "INPUT"),
        ("udp [2001:db8::5]:1 > [2001:db8::]:2", "INPUT"),
        ("udp [2001:db8::5]:1 > [ff02::1]:2", "INPUT"), ("udp [2001:db8::5]:1 > [ff02::2]:2", "INPUT"),
        ("icmpv6 2001:db8::5 > ff02::1:ff00:1 135/0", "INPUT"),
        ("udp [2001:db8::5]:1 > [ff02::fb]:2", "multicast-not-joined"),
        ("udp [2001:db8::5]:1 > [2001:db8:0:1::7]:2", "FORWARD"),
        ("udp [2001:db8::1]:1 > [2001:db8:0:1::7]:2", "FORWARD"),
        ("udp [fe80::5]:1 > [2001:db8:0:1::7]:2", "beyond-scope"),
        ("udp [2001:db8::5]:1 > [2001:db8:0:1::7]:2 ttl=1", "ttl-exceeded"),
        ("udp [2001:db8::5]:1 > [2001:db8:9::7]:2", "no-route"),
        ("udp [2001:db8::5]:1 > [2001:db8:0:1::7]:2 len 1501", "fragmentation-needed"),
    ]

    @Test(arguments: ways6) func ipv6(_ packet: String, _ way: String) throws {
        var lab = try Laboratory("*filter", family: .ipv6)
        let result = try lab.send(packet)
        #expect((result.routedAwayReason?.rawValue ?? result.path?.name) == way)
    }

    @Test func forwardingMayBeOff() throws {
        var sysctls = InterfaceSysctls()
        sysctls.forwards = false
        var lab = try Laboratory("*filter", sysctls: sysctls)
        #expect(try lab.send("udp 10.0.0.5:1 > 198.51.100.7:2").routedAwayReason == .forwardingOff)
        #expect(try lab.send("udp 10.0.0.5:1 > 192.0.2.1:2").path == .input)
        var lab6 = try Laboratory("*filter", family: .ipv6, forwardsIPv6: false)
        #expect(try lab6.send("udp [2001:db8::5]:1 > [2001:db8:0:1::7]:2").routedAwayReason == .forwardingOff)
        #expect(try lab6.send("udp [2001:db8::5]:1 > [2001:db8::1]:2").path == .input)
    }

    @Test func reversePathFilter() throws {
        let modes: [(UInt8, RoutedAwayReason?)] = [(0, nil), (1, .reversePath), (2, nil)]
        for (mode, expected) in modes {
            var sysctls = InterfaceSysctls()
            sysctls.reversePathFilter = mode
            var lab = try Laboratory("*filter", sysctls: sysctls)
            #expect(try lab.send("udp 198.51.100.9:1 > 192.0.2.1:2 in=lan").routedAwayReason == expected)
            #expect(try lab.send("udp 198.51.100.9:1 > 192.0.2.1:2 in=wan").routedAwayReason == nil)
        }
        var loose = InterfaceSysctls()
        loose.reversePathFilter = 2
        var lab = try Laboratory("*filter", sysctls: loose)
        #expect(try lab.send("udp 203.0.113.9:1 > 192.0.2.1:2").routedAwayReason == .reversePath)
    }

    @Test func ownSourcesMayBeAccepted() throws {
        var sysctls = InterfaceSysctls()
        sysctls.acceptsLocalSources = true
        var lab = try Laboratory("*filter", sysctls: sysctls)
        #expect(try lab.send("udp 198.51.100.1:1 > 192.0.2.1:2").path == .input)
    }

    @Test func framesForOthersAndBroadcastFrames() throws {
        var lab = try Laboratory("*raw\nCOMMIT\n*filter")
        #expect(try lab.send("udp 10.0.0.5:1 > 192.0.2.1:2", type: .otherHost).routedAwayReason == .notForUs)
        #expect(lab.counters(.raw, "PREROUTING") == "[0:0]")
        #expect(
            try lab.send("udp 10.0.0.5:1 > 198.51.100.7:2", type: .broadcast).routedAwayReason
                == .unicastInBroadcastFrame)
        #expect(try lab.send("udp 10.0.0.5:1 > 192.0.2.1:2", type: .broadcast).path == .input)
    }

    @Test(
        arguments: [
            ([1, 1, 1, 1], nil), ([7, 7, 4, 0, 0, 0, 0, 0], nil), ([148, 4, 0, 0], nil),
            ([131, 7, 4, 1, 2, 3, 4, 0], .sourceRoute), ([137, 7, 4, 1, 2, 3, 4, 0], .sourceRoute),
            ([7, 40, 4, 0], .badIPOption), ([7, 1, 4, 0], .badIPOption), ([68, 4, 1, 0], .badIPOption),
        ] as [([UInt8], RoutedAwayReason?)])
    func options(_ options: [UInt8], _ reason: RoutedAwayReason?) throws {
        var lab = try Laboratory("*filter")
        var builder = PacketBuilder(
            source: .v4(0x0a00_0005), destination: .v4(0xc633_6407),
            .udp(PacketBuilder.UDPDatagram(from: 1, to: 2)))
        builder.ipv4Options = options
        #expect(try lab.send(builder.bytes(), in: "lan").routedAwayReason == reason)
    }

    @Test func aWrongChecksumIsNoObstacle() throws {
        var lab = try Laboratory("*filter\n-A FORWARD -m conntrack --ctstate INVALID")
        var bytes = try PacketDescription(parsing: "udp 10.0.0.5:1 > 198.51.100.7:2 len 40").bytes()
        bytes[39] ^= 1
        let result = try lab.send(bytes, in: "lan")
        #expect(result.verdict == .accept)
        #expect(result.invalidReason == .badChecksum)
        #expect(lab.counters(.filter, "FORWARD") == "[1:40] [1:40]")
    }

    @Test func anUnknownHostForwardsWhatIsNotItsOwn() throws {
        var interfaces = InterfaceTable()
        let out = interfaces.id(of: "wan")
        let host = SimulatedHost(
            localAddresses: [InterfaceAddress(.v4(0xc000_0201), prefixLength: 24)], outInterface: out)
        #expect(host.isLocal(.v4(0xc000_0201)))
        #expect(!host.isLocal(.v4(0xc000_02ff)))
        #expect(host.addressType(of: .v4(0xc000_02ff)) == .broadcast)
        #expect(host.addressType(of: .v4(0x0808_0808)) == .unicast)
        let rules = try Laboratory.compile("*filter\n-A FORWARD -o wan -j DROP", .ipv4, &interfaces)
        var firewall = Firewall(host: host, ipv4: rules, ipv6: nil)
        var packet = Packet(family: .ipv4)
        packet.source = 0x0a00_0005
        packet.destination = 0x0808_0808
        packet.hopLimit = 3
        var metadata = PacketMetadata()
        let nothing: [UInt8] = []
        let result = firewall.process(&packet, &metadata, bytes: nothing.span.bytes, origin: .arriving)
        #expect(result.verdict == .drop)
        #expect(result.path == .forward)
    }

    @Test func aFixedPathAsksNoRoute() throws {
        for path in PacketPath.allCases {
            var lab = try Laboratory("*filter", fixedPath: path)
            let result = try lab.send("udp 10.0.0.5:1 > 203.0.113.1:2 ttl=5")
            #expect(result.path == path)
            #expect(lab.counters(.filter, path.name) == "[1:28]")
            #expect(lab.lastPacket.hopLimit == (path == .forward ? 4 : 5))
        }
    }

    @Test func routesOfEveryType() throws {
        let types: [(RouteType, RoutedAwayReason?)] = [
            (.unicast, nil), (.blackhole, .blackhole), (.unreachable, .unreachable), (.prohibit, .prohibited),
            (.throw, .noRoute),
        ]
        for (type, reason) in types {
            var lab = try Laboratory(
                "*filter",
                routes: [
                    {
                        Route(
                            IPPrefix(.v4(0xcb00_7100), length: 24), type: type, outInterface: $0.id(of: "wan")
                        )
                    }
                ])
            #expect(try lab.send("udp 10.0.0.5:1 > 203.0.113.1:2").routedAwayReason == reason)
        }
    }
}
