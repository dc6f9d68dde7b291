import Engine
import Packets
import RuleModel
import Testing

@Suite struct ChecksumVerdictTests {
    /// Measured: a UDP-Lite packet with a checksum that is right by RFC 3828 is INVALID in PREROUTING, as the kernel
    /// sums UDP's protocol number.
    @Test func udpLiteIsInvalidToConnectionTracking() throws {
        var lab = try Laboratory(
            """
            *filter
            -A FORWARD -p udplite -m conntrack --ctstate INVALID
            -A FORWARD -p udplite -m conntrack --ctstate NEW
            -A FORWARD -p udp -m conntrack --ctstate NEW
            """)
        try lab.send("udplite 10.0.0.5:1 > 198.51.100.7:2 len 60")
        try lab.send("udp 10.0.0.5:1 > 198.51.100.7:2 len 60")
        #expect(lab.counters(.filter, "FORWARD").hasPrefix("[1:60] [0:0] [1:60]"))
    }
}
