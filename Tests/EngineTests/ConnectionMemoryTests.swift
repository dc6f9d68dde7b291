import Engine
import Packets
import RuleModel
import Testing

/// Matches that ask connections and earlier packets, on their way through the engine; `Scripts/judge-memories.py` holds
/// the same against the kernel.
@Suite struct ConnectionMemoryTests {
    private static func syn(_ port: Int, from source: String = "10.0.0.5") -> String {
        "tcp \(source):\(port) > 192.0.2.1:22 S"
    }

    /// SEMANTICS 52: a known tuple counts once, however often its SYN comes; one that was refused counts until the list is
    /// next gone through to its end, so that even a known one is refused before.
    @Test func connlimitCountsKnownConnections() throws {
        var lab = try Laboratory(
            "*filter\n:INPUT ACCEPT\n-A INPUT -p tcp --syn -m connlimit --connlimit-above 2 -j DROP")
        var verdicts: [PacketVerdict] = []
        for port in [1, 2, 3, 1, 4] {
            lab.time += 1
            verdicts.append(try lab.send(ConnectionMemoryTests.syn(port)).verdict)
        }
        #expect(verdicts == [.accept, .accept, .drop, .drop, .drop])
        #expect(try lab.send(ConnectionMemoryTests.syn(5, from: "10.0.0.6")).verdict == .accept)
        // Two minutes later the first two have ended unanswered.
        lab.time += 200
        #expect(try lab.send(ConnectionMemoryTests.syn(6)).verdict == .accept)
    }

    @Test func connlimitSwitchesTrackingOn() throws {
        let lab = try Laboratory("*filter\n-A INPUT -m connlimit --connlimit-above 2")
        let tracks = lab.firewall.tracksConnections(.ipv4)
        #expect(tracks)
        let other = try Laboratory("*filter\n-A INPUT -m recent --set")
        let otherTracks = other.firewall.tracksConnections(.ipv4)
        #expect(!otherTracks)
    }

    @Test func connbytesCountsThisPacketToo() throws {
        var lab = try Laboratory(
            """
            *filter
            :INPUT ACCEPT
            -A INPUT -m connbytes --connbytes 2:2 --connbytes-dir original --connbytes-mode packets
            -A INPUT -m connbytes ! --connbytes 40:40 --connbytes-dir both --connbytes-mode bytes
            -A INPUT -m connbytes --connbytes 60: --connbytes-dir both --connbytes-mode avgpkt
            """)
        try lab.send("udp 10.0.0.5:1 > 192.0.2.1:2 len 40")
        try lab.send("udp 10.0.0.5:1 > 192.0.2.1:2 len 80")
        try lab.send("udp 10.0.0.5:1 > 192.0.2.1:2 len 60")
        #expect(lab.counters(.filter, "INPUT") == "[1:80] [1:40] [2:140] [3:180]")
    }

    @Test func labelsStayWithTheirConnection() throws {
        var lab = try Laboratory(
            """
            *filter
            :INPUT ACCEPT
            -A INPUT -m connlabel --label 3
            -A INPUT -p udp --dport 2 -m connlabel --label 3 --set
            -A INPUT -m connlabel ! --label 3
            """)
        try lab.send("udp 10.0.0.5:1 > 192.0.2.1:2 len 40")
        try lab.send("udp 10.0.0.5:1 > 192.0.2.1:2 len 40")
        try lab.send("udp 10.0.0.5:1 > 192.0.2.1:3 len 40")
        #expect(lab.counters(.filter, "INPUT") == "[1:40] [2:80] [1:40] [3:120]")
    }

    /// SEMANTICS 50: the packet's own stamp is written after the test.
    @Test func recentCountsEarlierStamps() throws {
        var lab = try Laboratory(
            """
            *filter
            :INPUT ACCEPT
            -A INPUT -m recent --update --seconds 60 --hitcount 2 -j DROP
            -A INPUT -m recent --set
            """)
        var verdicts: [PacketVerdict] = []
        for _ in 0..<3 {
            lab.time += 1
            verdicts.append(try lab.send("udp 10.0.0.5:1 > 192.0.2.1:2").verdict)
        }
        #expect(verdicts == [.accept, .accept, .drop])
        lab.time += 61
        #expect(try lab.send("udp 10.0.0.5:1 > 192.0.2.1:2").verdict == .accept)
    }

    /// A rule whose fact nobody gave doesn't match, or does if it is told to, and the result names the fact.
    @Test func missingFactsAreNamed() throws {
        let rules = "*filter\n:OUTPUT ACCEPT\n-A OUTPUT -p udp -m owner --uid-owner 7 -j DROP"
        var lab = try Laboratory(rules)
        let result = try lab.send("udp 192.0.2.1:1 > 10.0.0.5:2", sent: true)
        #expect(result.verdict == .accept)
        #expect(lab.rules.facts(in: result.missingFacts) == ["owner"])
        let other = try lab.send("tcp 192.0.2.1:1 > 10.0.0.5:2 S", sent: true)
        #expect(lab.rules.facts(in: other.missingFacts) == [])
    }

    /// Without a fact, a negated test doesn't match either, unless it is told to.
    @Test func assumedFactsDecideTheWholeRule() {
        let fact = Condition.fact(FactTest(fact: "owner", summary: "owner"))
        let never = Condition.any([])
        #expect(fact.assuming(.under) == never && Condition.not(fact).assuming(.under) == .not(.all([])))
        #expect(fact.assuming(.over) == .all([]) && Condition.not(fact).assuming(.over) == .not(never))
        #expect(
            Condition.all([.hasConnection, fact]).assuming(.over) == .all([.hasConnection, .all([])]))
    }
}
