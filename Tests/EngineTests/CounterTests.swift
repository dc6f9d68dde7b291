import Engine
import Packets
import RuleModel
import Testing

/// SEMANTICS 1–5: what counts, where and how much.
@Suite struct CounterTests {
    @Test func returnInABaseChainCountsThePolicy() throws {
        var lab = try Laboratory("*filter\n:INPUT ACCEPT\n-A INPUT -p udp -j RETURN\n-A INPUT -j DROP")
        let result = try lab.send("udp 10.0.0.5:1 > 192.0.2.1:2 len 82")
        #expect(result.verdict == .accept)
        #expect(lab.location(result) == "filter:INPUT:policy")
        #expect(lab.counters(.filter, "INPUT") == "[1:82] [0:0] [1:82]")
    }

    @Test func whatComesBackFromAGotoMeetsThePolicy() throws {
        var lab = try Laboratory("*filter\n:INPUT DROP\n:a -\n-A INPUT -g a\n-A INPUT -j ACCEPT\n-A a -p tcp")
        let result = try lab.send("udp 10.0.0.5:1 > 192.0.2.1:2 len 36")
        #expect(result.verdict == .drop)
        #expect(lab.counters(.filter, "INPUT") == "[1:36] [0:0] [1:36]")
    }

    @Test func aGotoFromAUserChainReturnsToTheCallerOfIt() throws {
        var lab = try Laboratory(
            "*filter\n:INPUT DROP\n:a -\n:b -\n-A INPUT -j a\n-A INPUT -j ACCEPT\n"
                + "-A a -g b\n-A a -j DROP\n-A b -p tcp"
        )
        #expect(try lab.send("udp 10.0.0.5:1 > 192.0.2.1:2 len 36").verdict == .accept)
        #expect(lab.counters(.filter, "INPUT") == "[1:36] [1:36] [0:0]")
        #expect(lab.counters(.filter, "a") == "[1:36] [0:0] [0:0]")
    }

    @Test func hopLimitIsLowerFromForwardOn() throws {
        var lab = try Laboratory(
            """
            *mangle
            -A PREROUTING -m ttl --ttl-eq 9
            -A FORWARD -m ttl --ttl-eq 8
            -A POSTROUTING -m ttl --ttl-eq 8
            """)
        let result = try lab.send("udp 10.0.0.5:1 > 198.51.100.7:2 ttl=9 len 36")
        #expect(result.path == .forward)
        #expect(result.outInterface == lab.interfaces.lookUp("wan"))
        #expect(lab.counters(.mangle, "PREROUTING") == "[1:36] [1:36]")
        #expect(lab.counters(.mangle, "FORWARD") == "[1:36] [1:36]")
        #expect(lab.counters(.mangle, "POSTROUTING") == "[1:36] [1:36]")
        #expect(lab.lastPacket.hopLimit == 8)
    }

    @Test func aDropEndsTheWayThroughTheTables() throws {
        var lab = try Laboratory(
            """
            *raw
            -A PREROUTING -p udp --dport 1 -j DROP
            COMMIT
            *mangle
            -A PREROUTING -p udp --dport 2 -j DROP
            COMMIT
            *filter
            -A FORWARD -p udp --dport 3 -j DROP
            """)
        var verdicts: [String?] = []
        for port in 1...4 {
            verdicts.append(lab.location(try lab.send("udp 10.0.0.5:9 > 198.51.100.7:\(port) len 36")))
        }
        #expect(
            verdicts == [
                "raw:PREROUTING:1", "mangle:PREROUTING:1", "filter:FORWARD:1", "filter:FORWARD:policy",
            ])
        #expect(lab.counters(.raw, "PREROUTING") == "[1:36] [3:108]")
        #expect(lab.counters(.mangle, "PREROUTING") == "[1:36] [2:72]")
        #expect(lab.counters(.mangle, "FORWARD") == "[2:72]")
        #expect(lab.counters(.filter, "FORWARD") == "[1:36] [1:36]")
        #expect(lab.counters(.mangle, "POSTROUTING") == "[1:36]")
    }

    @Test func theOrderOfMatchesWithMemoryCounts() throws {
        let limit = "-m limit --limit 1/hour --limit-burst 3"
        var first = try Laboratory("*filter\n-A INPUT -p udp \(limit) -m udp --dport 2")
        var last = try Laboratory("*filter\n-A INPUT -p udp -m udp --dport 2 \(limit)")
        for port in [1, 2, 1, 2, 1, 2] {
            try first.send("udp 10.0.0.5:9 > 192.0.2.1:\(port) len 36")
            try last.send("udp 10.0.0.5:9 > 192.0.2.1:\(port) len 36")
        }
        #expect(first.counters(.filter, "INPUT") == "[1:36] [6:216]")
        #expect(last.counters(.filter, "INPUT") == "[3:108] [6:216]")
    }

    @Test func aMarkIsSeenByLaterRulesAndTables() throws {
        var lab = try Laboratory(
            """
            *mangle
            -A PREROUTING -j MARK --set-xmark 0x5/0xf
            COMMIT
            *filter
            -A FORWARD -m mark --mark 0x5
            """)
        try lab.send("udp 10.0.0.5:9 > 198.51.100.7:1 len 36")
        #expect(lab.counters(.filter, "FORWARD") == "[1:36] [1:36]")
    }

    @Test func aTraceTellsWhichConditionFailed() throws {
        var lab = try Laboratory(
            "*filter\n:u -\n-A INPUT -s 10.0.0.5 -p tcp -j DROP\n-A INPUT -j u\n"
                + "-A u -p udp --dport 53 -j ACCEPT"
        )
        let bytes = try PacketDescription(parsing: "udp 10.0.0.5:9 > 192.0.2.1:1").bytes()
        try lab.send(bytes, in: "lan")
        var trace = RuleTrace()
        var metadata = PacketMetadata()
        metadata.inInterface = lab.interfaces.id(of: "lan")
        var packet = lab.lastPacket
        _ = lab.firewall.process(
            &packet, &metadata, bytes: bytes.span.bytes, origin: .arriving, trace: &trace)
        let lines = trace.events.map { event in
            let place = lab.rules.location(of: event.rule)
            let name = "\(place.chain):\(place.position)"
            switch event.outcome {
            case .hit: return "\(name) hit"
            case .miss(let leaf):
                return "\(name) \(lab.rules.leaf(Int(leaf), of: event.rule).map { "\($0)" } ?? "")"
            case .hotdrop: return "\(name) hotdrop"
            }
        }
        #expect(lines.count == 5)
        #expect(lines.first == "INPUT:1 \(Condition.number(.transportProtocol, in: NumberSet(6)))")
        #expect(lines[1] == "INPUT:2 hit")
        #expect(lines[2] == "u:1 \(Condition.number(.destinationPort, in: NumberSet(53)))")
        #expect(lines[3...] == ["u:2 hit", "INPUT:3 hit"])
    }
}
