import Engine
import Packets
import RuleModel
import Testing

/// SEMANTICS 39 and 42: fragments without connection tracking, and headers that are cut short.
@Suite struct FragmentTests {
    @Test func eachFragmentIsFilteredAlone() throws {
        var lab = try Laboratory(
            """
            *filter
            -A FORWARD -p udp
            -A FORWARD -p udp -m udp --dport 53
            -A FORWARD -p udp -m udp ! --dport 54
            -A FORWARD -p udp -m udp
            -A FORWARD -p udp -m multiport ! --dports 1,2
            -A FORWARD -f
            -A FORWARD ! -f
            """)
        let first = try lab.send("udp 10.0.0.5:1 > 198.51.100.7:53 frag=0+ len 524")
        let second = try lab.send("udp 10.0.0.5 > 198.51.100.7 frag=504 len 524")
        #expect(first.verdict == .accept && second.verdict == .accept)
        #expect(
            lab.counters(.filter, "FORWARD")
                == "[2:1048] [1:524] [1:524] [1:524] [1:524] [1:524] [1:524] [2:1048]")
    }

    @Test(arguments: [
        ("tcp 10.0.0.5 > 198.51.100.7 frag=8 len 60", "-p tcp -m tcp --dport 1", true),
        ("tcp 10.0.0.5 > 198.51.100.7 frag=16 len 60", "-p tcp -m tcp --dport 1", false),
        ("udp 10.0.0.5 > 198.51.100.7 frag=8 len 60", "-p udp -m udp --dport 1", false),
        ("tcp 10.0.0.5:9 > 198.51.100.7:9 cut len 36", "-p tcp -m tcp --dport 1", true),
        ("udp 10.0.0.5:9 > 198.51.100.7:9 cut len 24", "-p udp -m udp --dport 1", true),
        ("udp 10.0.0.5:9 > 198.51.100.7:9 cut len 24", "-p udp -m multiport --dports 1", false),
        ("icmp 10.0.0.5 > 198.51.100.7 cut len 24", "-p icmp -m icmp --icmp-type 8", true),
        ("tcp 10.0.0.5:9 > 198.51.100.7:9 cut len 36", "-p tcp", false),
        ("tcp 10.0.0.5:9 > 198.51.100.7:9 cut len 36", "-s 10.9.9.9 -p tcp -m tcp --dport 1", false),
    ])
    func hotdrop(_ packet: String, _ match: String, _ isDropped: Bool) throws {
        var lab = try Laboratory("*filter\n-A FORWARD \(match)")
        let result = try lab.send(packet)
        #expect((result.silentDrop == .hotdrop) == isDropped)
        #expect((result.verdict == .drop) == isDropped)
        if isDropped {
            #expect(lab.counters(.filter, "FORWARD") == "[0:0] [0:0]")
            #expect(lab.location(result) == "filter:FORWARD:1")
        }
    }
}
