import Conntrack
import Engine
import Packets
import RuleModel
import TestSupport
import Testing

/// What the engine makes of translation besides the bytes, which `TraversalGoldenTests` hold to the kernel's.
@Suite struct TranslationTests {
    /// SEMANTICS 11: the targets switch connection tracking on.
    @Test func aTargetTracksConnections() throws {
        var lab = try Laboratory("*nat\n-A POSTROUTING -o wan -j MASQUERADE")
        let result = try lab.send("udp 10.0.0.5:1 > 198.51.100.7:2 len 36")
        #expect(result.connectionState == .new)
        #expect(result.translation?.source?.address == 0xc633_6401)
        #expect(result.translation?.destination == nil && result.translationCertainty == .exact)
        #expect(lab.counters(.nat, "POSTROUTING") == "[1:36] [0:0]")
    }

    /// SEMANTICS 8: what is INVALID keeps its address.
    @Test func invalidPacketsStayAsTheyAre() throws {
        var lab = try Laboratory("*nat\n-A POSTROUTING -o wan -j MASQUERADE")
        let result = try lab.send("tcp 10.0.0.5:1 > 198.51.100.7:2 FA")
        #expect(result.verdict == .accept && result.translation == nil)
        #expect(lab.lastPacket.source == 0x0a00_0005)
    }

    /// SEMANTICS 9: virtual states are those of the connection, from the hook of the translation on.
    @Test func rulesSeeTheTranslation() throws {
        var lab = try Laboratory(
            """
            *mangle
            -A PREROUTING -m conntrack --ctstate DNAT
            -A FORWARD -m conntrack --ctstate DNAT
            -A FORWARD -d 10.0.0.9/32 -p udp --dport 20
            COMMIT
            *nat
            -A PREROUTING -p udp -j DNAT --to-destination 10.0.0.9:20
            """)
        for _ in 0..<2 { try lab.send("udp 198.51.100.7:1 > 192.0.2.1:2 len 36 in=wan") }
        #expect(lab.counters(.mangle, "PREROUTING") == "[1:36] [2:72]")
        #expect(lab.counters(.mangle, "FORWARD") == "[2:72] [2:72] [2:72]")
        #expect(lab.counters(.nat, "PREROUTING") == "[1:36] [0:0]")
    }

    /// SEMANTICS 10.
    @Test func acceptDecidesAgainstTranslation() throws {
        var lab = try Laboratory(
            "*nat\n-A POSTROUTING -p udp --dport 2 -j ACCEPT\n-A POSTROUTING -j MASQUERADE")
        for _ in 0..<2 {
            #expect(try lab.send("udp 10.0.0.5:1 > 198.51.100.7:2 len 36").translation == nil)
        }
        #expect(lab.counters(.nat, "POSTROUTING") == "[1:36] [0:0] [0:0]")
    }

    /// SEMANTICS 48: filter OUTPUT sees the old way out, POSTROUTING the new one.
    @Test func outputRoutesAgain() throws {
        var lab = try Laboratory(
            """
            *nat
            -A OUTPUT -p udp -j DNAT --to-destination 10.0.0.9
            COMMIT
            *mangle
            -A POSTROUTING -o lan
            COMMIT
            *filter
            -A OUTPUT -o wan -d 10.0.0.9/32
            -A OUTPUT -o lan
            """)
        let result = try lab.send("udp 198.51.100.1:1 > 198.51.100.7:2 len 36", sent: true)
        #expect(lab.counters(.filter, "OUTPUT") == "[1:36] [0:0] [1:36]")
        #expect(lab.counters(.mangle, "POSTROUTING") == "[1:36] [1:36]")
        #expect(lab.interfaces.name(of: result.outInterface) == "lan")
        let away = try lab.send("tcp 198.51.100.1:1 > 198.51.100.7:2 S", sent: true)
        #expect(lab.interfaces.name(of: away.outInterface) == "wan")
    }

    /// An address that nobody named isn't guessed.
    @Test func anUnknownAddressIsSaid() throws {
        var interfaces = InterfaceTable()
        let rules = try Laboratory.compile("*nat\n-A POSTROUTING -j MASQUERADE", .ipv4, &interfaces)
        let out = interfaces.id(of: "wan")
        var firewall = Firewall(
            host: SimulatedHost(localAddresses: [], outInterface: out), ipv4: rules, ipv6: nil)
        firewall.admit(interfaces)
        for words in ["udp 10.0.0.5:1 > 198.51.100.7:2 len 36", "udp 198.51.100.7:2 > 10.0.0.5:1 len 36"] {
            let bytes = try PacketDescription(parsing: words).bytes()
            var packet = DecodedFrame(bytes, .raw).packet
            var metadata = PacketMetadata()
            let result = firewall.process(&packet, &metadata, bytes: bytes.span.bytes, origin: .arriving)
            #expect(result.translation == nil && result.translationCertainty == .unknown)
        }
    }

    /// A host that was described, and has no address there, drops the packet (`nf_nat_masquerade_ipv4`).
    @Test func aMissingAddressDrops() throws {
        var interfaces = InterfaceTable()
        let rules = try Laboratory.compile("*nat\n-A POSTROUTING -j MASQUERADE", .ipv4, &interfaces)
        let link = HostInterface(name: "wan", id: interfaces.id(of: "wan"))
        let route = Route(IPPrefix(.v4(0), length: 0), outInterface: link.id)
        var firewall = Firewall(
            host: SimulatedHost(interfaces: [link], routes: [route]), ipv4: rules, ipv6: nil)
        let bytes = try PacketDescription(parsing: "udp 10.0.0.5:1 > 198.51.100.7:2 len 36").bytes()
        var packet = DecodedFrame(bytes, .raw).packet
        var metadata = PacketMetadata()
        let result = firewall.process(&packet, &metadata, bytes: bytes.span.bytes, origin: .arriving)
        #expect(result.verdict == .drop && firewall.connections.count == 0)
    }

    /// Packets of the kernel's scenarios with bytes changed and cut off: nothing traps, and what goes out is as long as what
    /// came in.
    @Test func hostilePackets() throws {
        var random = SeededGenerator(seed: 11)
        let rules =
            "*nat\n-A PREROUTING -p udp -j DNAT --to-destination 10.0.0.5-10.0.0.9:20-30 --random\n"
            + "-A PREROUTING -p tcp -j REDIRECT\n-A POSTROUTING -j MASQUERADE\n-A INPUT -j NETMAP --to 10.0.0.0/9"
        var lab = try Laboratory(rules)
        lab.firewall.keepsOutcome = true
        let seeds = try [
            "udp 198.51.100.7:1 > 192.0.2.1:2 len 60", "tcp 198.51.100.7:1 > 192.0.2.1:2 S len 60",
            "icmp 10.0.0.5 > 198.51.100.7 echo-request", "sctp 10.0.0.5:1 > 198.51.100.7:2 len 60",
            "icmp 198.51.100.7 > 198.51.100.1 port-unreachable",
        ].map { try PacketDescription(parsing: $0).bytes() }
        var accepted = 0
        for round in 0..<4000 {
            var bytes = seeds[round % seeds.count]
            if round % 5 == 4 { bytes = Array(bytes[..<28]) + seeds[Int.random(in: 0..<4, using: &random)] }
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 8..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            bytes = Array(bytes[..<Int.random(in: 20...bytes.count, using: &random)])
            bytes[2] = 0
            bytes[3] = UInt8(bytes.count)
            var packet = Packet(family: .ipv4)
            let decoder = PacketDecoder(verifiesHeaderChecksum: false)
            let fault = decoder.decode(
                bytes.span.bytes, family: .ipv4, networkOffset: 0, originalLength: bytes.count, into: &packet)
            guard fault == nil else { continue }
            var metadata = PacketMetadata(timestamp: Timestamp(nanoseconds: Int64(round) * 1_000_000))
            metadata.inInterface = lab.interfaces.id(of: round % 2 == 0 ? "wan" : "lan")
            let result = lab.firewall.process(
                &packet, &metadata, bytes: bytes.span.bytes, origin: .arriving)
            guard result.verdict == .accept, let outcome = lab.firewall.outcome else { continue }
            accepted += 1
            #expect(result.fragments > 0 || outcome.count == bytes.count)
        }
        #expect(accepted > 100)
    }
}
