import Conntrack
import Engine
import Packets
import RuleModel
import Testing

/// SEMANTICS 6–12: when the nat table is asked.
@Suite struct NATTableTests {
    private let tracked = "*filter\n-A FORWARD -m conntrack --ctstate INVALID\nCOMMIT\n"

    @Test func onlyAConnectionsFirstPacketAsks() throws {
        var lab = try Laboratory(tracked + "*nat\n-A PREROUTING -p udp -j ACCEPT\n-A POSTROUTING -o wan")
        for _ in 0..<2 { try lab.send("udp 10.0.0.5:1 > 198.51.100.7:2 len 36") }
        try lab.send("udp 198.51.100.7:2 > 10.0.0.5:1 len 36 in=wan")
        #expect(lab.counters(.filter, "FORWARD") == "[0:0] [3:108]")
        #expect(lab.counters(.nat, "PREROUTING") == "[1:36] [0:0]")
        #expect(lab.counters(.nat, "POSTROUTING") == "[1:36] [1:36]")
    }

    @Test func aDroppedFirstPacketLeavesNothing() throws {
        var lab = try Laboratory(
            "*filter\n-A FORWARD -m conntrack --ctstate NEW -j DROP\nCOMMIT\n*nat\n-A PREROUTING -p udp")
        for _ in 0..<2 { try lab.send("udp 10.0.0.5:1 > 198.51.100.7:2 len 36") }
        #expect(lab.counters(.nat, "PREROUTING") == "[2:72] [2:72]")
        #expect(lab.counters(.nat, "POSTROUTING") == "[0:0]")
        #expect(lab.firewall.connections.count == 0)
    }

    @Test func whatRoutingDropsAsksAgain() throws {
        var lab = try Laboratory(tracked + "*nat")
        for _ in 0..<2 {
            let result = try lab.send("udp 10.0.0.5:1 > 198.51.100.7:2 ttl=1 len 36")
            #expect(result.routedAwayReason == .ttlExceeded)
            #expect(result.connectionState == .new)
            #expect(result.path == nil)
        }
        #expect(lab.counters(.nat, "PREROUTING") == "[2:72]")
        #expect(lab.counters(.filter, "FORWARD") == "[0:0] [0:0]")
    }

    @Test func invalidPacketsDontAsk() throws {
        var lab = try Laboratory(tracked + "*nat")
        let result = try lab.send("tcp 10.0.0.5:1 > 198.51.100.7:2 FA")
        #expect(result.connectionState == .invalid)
        #expect(result.invalidReason == .tcpNotOpening)
        #expect(lab.counters(.nat, "PREROUTING") == "[0:0]")
        #expect(lab.counters(.filter, "FORWARD") == "[1:40] [1:40]")
    }

    @Test func theNATTableAloneTracksNothing() throws {
        var lab = try Laboratory("*nat\n-A PREROUTING -p udp")
        let result = try lab.send("udp 10.0.0.5:1 > 198.51.100.7:2 len 36")
        #expect(result.connectionState == nil)
        #expect(lab.counters(.nat, "PREROUTING") == "[0:0] [0:0]")
    }

    @Test func loopbackAsksOnTheWayOutOnly() throws {
        var lab = try Laboratory(
            """
            *raw
            COMMIT
            *filter
            -A INPUT -i lo -m conntrack --ctstate NEW
            -A OUTPUT -o lo -m conntrack --ctstate NEW
            COMMIT
            *nat
            """)
        let result = try lab.send("udp 127.0.0.1:1 > 127.0.0.1:2 len 36", sent: true)
        #expect(result.verdict == .accept)
        #expect(result.path == .output)
        #expect(lab.location(result) == "filter:INPUT:policy")
        #expect(lab.counters(.filter, "OUTPUT") == "[1:36] [1:36]")
        #expect(lab.counters(.filter, "INPUT") == "[1:36] [1:36]")
        #expect(lab.counters(.raw, "PREROUTING") == "[1:36]")
        #expect(
            ["OUTPUT", "POSTROUTING", "PREROUTING", "INPUT"].map { lab.counters(.nat, $0) }
                == ["[1:36]", "[1:36]", "[0:0]", "[0:0]"])
    }

    @Test func inputAsksForTheSource() throws {
        var lab = try Laboratory("*filter\n-A INPUT -m conntrack --ctstate NEW\nCOMMIT\n*nat")
        for _ in 0..<2 { try lab.send("udp 10.0.0.5:1 > 192.0.2.1:2 len 36") }
        #expect(lab.counters(.filter, "INPUT") == "[2:72] [2:72]")
        #expect(lab.counters(.nat, "INPUT") == "[1:36]")
    }
}
