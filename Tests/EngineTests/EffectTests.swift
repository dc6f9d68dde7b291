import Engine
import Packets
import RuleModel
import Testing

/// What targets do that the kernel's recordings don't show: queues without a listener, proxies, copies.
@Suite struct EffectTests {
    /// SEMANTICS 49: a bypassed queue accepts, and no later rule is met.
    @Test func aQueueWithoutAListenerIsTheEnd() throws {
        var lab = try Laboratory(
            """
            *filter
            -A FORWARD -p udp --dport 1 -j NFQUEUE --queue-num 5
            -A FORWARD -p udp --dport 2 -j NFQUEUE --queue-bypass
            -A FORWARD -p udp --dport 3 -j QUEUE
            -A FORWARD -j DROP
            """)
        for (port, verdict) in [(1, PacketVerdict.queue), (2, .accept), (3, .queue), (4, .drop)] {
            #expect(try lab.send("udp 10.0.0.5:1 > 198.51.100.7:\(port) len 36").verdict == verdict)
        }
        #expect(lab.counters(.filter, "FORWARD") == "[1:36] [1:36] [1:36] [1:36] [0:0]")
    }

    @Test func aProxiedPacketIsMarkedAndAccepted() throws {
        var lab = try Laboratory(
            """
            *mangle
            -A PREROUTING -p tcp --dport 80 -j TPROXY --on-port 3128 --tproxy-mark 0x1/0x1
            -A PREROUTING -p tcp --dport 80 -j DROP
            -A FORWARD -m mark --mark 0x1
            """)
        let result = try lab.send("tcp 10.0.0.5:1 > 198.51.100.7:80 S len 40")
        #expect(result.verdict == .accept)
        #expect(result.missingFacts == 1 && lab.rules.facts == ["socket"])
        #expect(lab.counters(.mangle, "PREROUTING") == "[1:40] [0:0] [0:0]")
        #expect(lab.counters(.mangle, "FORWARD") == "[1:40] [1:40]")
        #expect(try lab.send("tcp 10.0.0.5:1 > 198.51.100.7:81 S len 40").missingFacts == 0)
    }

    @Test func aSynProxyTakesTheHandshake() throws {
        var lab = try Laboratory(
            """
            *raw
            -A PREROUTING -p tcp --dport 80 --syn -j CT --notrack
            COMMIT
            *filter
            -A FORWARD -p tcp --dport 80 -m conntrack --ctstate INVALID,UNTRACKED -j SYNPROXY --mss 1460
            -A FORWARD -m conntrack --ctstate INVALID -j DROP
            """)
        let opening = try lab.send("tcp 10.0.0.5:1 > 198.51.100.7:80 S len 40")
        #expect(opening.verdict == .drop && opening.missingFacts == 1 && lab.rules.facts == ["syncookie"])
        #expect(lab.location(opening) == "filter:FORWARD:1")
        // Anything else goes on to the next rule.
        let other = try lab.send("tcp 10.0.0.5:1 > 198.51.100.7:80 FA len 40")
        #expect(other.verdict == .drop && lab.location(other) == "filter:FORWARD:2")
        #expect(other.missingFacts == 0)
    }

    /// The counters are the kernel's: a copy passes OUTPUT untracked, one hop older if it was made in PREROUTING or INPUT,
    /// and isn't copied again.
    @Test func copiesGoThroughOutput() throws {
        var lab = try Laboratory(
            """
            *mangle
            -A PREROUTING -p udp --sport 1 -j TEE --gateway 10.0.0.6
            -A FORWARD -p udp --sport 2 -j TEE --gateway 10.0.0.6
            -A FORWARD -p udp --sport 2 -j DROP
            -A INPUT -p udp --sport 3 -j TEE --gateway 10.0.0.6
            -A OUTPUT -p udp -j TEE --gateway 10.0.0.6
            COMMIT
            *filter
            -A OUTPUT -m conntrack --ctstate UNTRACKED
            -A OUTPUT -m ttl --ttl-eq 8
            -A OUTPUT -p udp --sport 3 -j DROP
            """)
        let first = try lab.send("udp 198.51.100.7:1 > 10.0.0.5:53 ttl=9 len 36 in=wan")
        #expect(first.verdict == .accept && lab.firewall.copies.count == 1)
        let copy = try #require(lab.firewall.copies.first)
        #expect(copy.gateway == .v4(0x0a00_0006) && copy.packet.hopLimit == 8)
        #expect(copy.packet.flags.contains(.dontFragment) && copy.traversal?.verdict == .accept)
        #expect(copy.metadata.outInterface == lab.interfaces.lookUp("lan"))
        #expect(copy.packet.verifyTransportChecksum(copy.bytes.span.bytes) == .valid)

        #expect(try lab.send("udp 198.51.100.7:2 > 10.0.0.5:53 ttl=9 len 36 in=wan").verdict == .drop)
        #expect(lab.firewall.copies.map(\.packet.hopLimit) == [8])
        #expect(try lab.send("udp 198.51.100.7:3 > 198.51.100.1:53 ttl=9 len 36 in=wan").verdict == .accept)
        #expect(lab.firewall.copies.map { $0.traversal?.verdict } == [.drop])
        #expect(lab.counters(.filter, "OUTPUT") == "[3:108] [3:108] [1:36] [2:72]")
        #expect(lab.counters(.mangle, "OUTPUT") == "[3:108] [3:108]")
        #expect(lab.counters(.mangle, "POSTROUTING") == "[3:108]")
        try lab.send("udp 198.51.100.7:4 > 10.0.0.5:53 len 36 in=wan")
        #expect(lab.firewall.copies.isEmpty)
    }

    /// Both ways have an MTU of 1,500, and the SYN says nothing.
    @Test func aClampedSizeIsAddedWhereItIsMissing() throws {
        let clamp = "*filter\n-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"
        var lab = try Laboratory(clamp)
        let known = try lab.send("tcp 10.0.0.5:1 > 198.51.100.7:80 S len 40")
        #expect(known.missingFacts == 0)
        #expect(lab.lastPacket.totalLength == 44)
    }

    /// The first rule that says how a packet is tracked is the one that counts.
    @Test func theFirstWordAboutTrackingCounts() throws {
        var lab = try Laboratory(
            """
            *raw
            -A PREROUTING -p udp --dport 1 -j CT --zone 5
            -A PREROUTING -p udp --dport 1 -j NOTRACK
            -A PREROUTING -p udp --dport 2 -j NOTRACK
            -A PREROUTING -p udp --dport 2 -j CT --zone 5
            """)
        #expect(try lab.send("udp 10.0.0.5:1 > 198.51.100.7:1").connectionState == .new)
        #expect(try lab.send("udp 10.0.0.5:1 > 198.51.100.7:2").connectionState == .untracked)
    }
}
