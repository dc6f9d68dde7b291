import Conntrack
import Engine
import Packets
import RuleModel
import Testing

/// SEMANTICS 18 and 20: what REJECT leaves behind, and what it doesn't answer.
@Suite struct RejectTests {
    @Test func aRejectedFirstPacketLeavesNothing() throws {
        var lab = try Laboratory("*filter\n-A FORWARD -m conntrack --ctstate NEW -j REJECT")
        for _ in 0..<2 {
            let result = try lab.send("udp 10.0.0.5:1 > 198.51.100.7:2")
            #expect(result.verdict == .reject)
            #expect(result.rejectKind == .icmpPortUnreachable)
            #expect(result.connectionState == .new)
        }
        #expect(lab.firewall.connections.count == 0)
    }

    @Test func aResetClosesItsConnection() throws {
        var lab = try Laboratory(
            """
            *filter
            -A FORWARD -p tcp -m tcp --dport 2 --tcp-flags PSH PSH -j REJECT --reject-with tcp-reset
            -A FORWARD -m conntrack --ctstate NEW
            """)
        try lab.send("tcp 10.0.0.5:1 > 198.51.100.7:2 S seq=100 win=1000")
        try lab.send("tcp 198.51.100.7:2 > 10.0.0.5:1 SA seq=500 ack=101 win=1000 in=wan")
        let rejected = try lab.send("tcp 10.0.0.5:1 > 198.51.100.7:2 PA seq=101 ack=501 win=1000")
        #expect(rejected.rejectKind == .tcpReset)
        // A CLOSE entry lives 10 seconds.
        lab.time += 11
        let next = try lab.send("tcp 10.0.0.5:1 > 198.51.100.7:2 S seq=900 win=1000")
        #expect(next.connectionState == .new)
    }

    @Test(arguments: [
        ("tcp-reset", "tcp 10.0.0.5:1 > 198.51.100.7:2 S", true),
        ("tcp-reset", "tcp 10.0.0.5:1 > 198.51.100.7:2 R", false),
        ("icmp-port-unreachable", "tcp 10.0.0.5:1 > 198.51.100.7:2 R", true),
        ("icmp-port-unreachable", "icmp 10.0.0.5 > 198.51.100.7 echo-request", true),
        ("icmp-port-unreachable", "icmp 10.0.0.5 > 198.51.100.7 echo-reply", true),
        ("icmp-port-unreachable", "icmp 10.0.0.5 > 198.51.100.7 3/3", false),
        ("icmp-port-unreachable", "icmp 10.0.0.5 > 198.51.100.7 99/0", false),
        ("icmp-port-unreachable", "icmp 10.0.0.5 > 198.51.100.7 7/0", false),
        ("icmp-port-unreachable", "icmp 10.0.0.5 > 198.51.100.7 9/0", false),
        ("icmp-port-unreachable", "icmp 10.0.0.5 > 198.51.100.7 14/0", true),
        ("icmp-port-unreachable", "udp 10.0.0.5 > 198.51.100.7 frag=1480 len 120", false),
        ("icmp-port-unreachable", "udp 10.0.0.5:1 > 198.51.100.7:2 frag=0+ len 124", true),
        ("icmp-port-unreachable", "udp 10.0.0.5:1 > 192.0.2.255:2", false),
        ("icmp-port-unreachable", "udp 10.0.0.5:1 > 224.0.0.1:2", false),
    ])
    func answers(_ kind: String, _ packet: String, _ isAnswered: Bool) throws {
        var lab = try Laboratory(
            "*filter\n-A INPUT -j REJECT\n-A FORWARD \(kind == "tcp-reset" ? "-p tcp " : "")"
                + "-j REJECT --reject-with \(kind)")
        let result = try lab.send(packet)
        #expect(result.verdict == .reject)
        #expect((result.rejectKind != nil) == isAnswered)
    }

    @Test func aWrongChecksumIsNotAnswered() throws {
        var lab = try Laboratory("*filter\n-A FORWARD -j REJECT")
        var bytes = try PacketDescription(parsing: "udp 10.0.0.5:1 > 198.51.100.7:2 len 40").bytes()
        bytes[39] ^= 1
        let result = try lab.send(bytes, in: "lan")
        #expect(result.verdict == .reject)
        #expect(result.rejectKind == nil)
    }
}
