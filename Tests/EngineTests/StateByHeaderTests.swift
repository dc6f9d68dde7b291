import Engine
import Packets
import TestSupport
import Testing

/// The state that a filter without memory reads from a packet's own header.
@Suite struct StateByHeaderTests {
    private static let cases: [(words: String, state: ConnectionState)] = [
        ("tcp 192.0.2.1:4000 > 198.51.100.1:80 S", .new),
        ("tcp 198.51.100.1:80 > 192.0.2.1:4000 SA", .established),
        ("tcp 192.0.2.1:4000 > 198.51.100.1:80 A", .established),
        // What a scanner makes of such filters.
        ("tcp 192.0.2.1:4000 > 198.51.100.1:80 F", .established),
        ("udp 192.0.2.1:4000 > 198.51.100.1:53", .new),
        ("udp 198.51.100.1:53 > 192.0.2.1:4000", .established),
        ("udp 192.0.2.1:123 > 198.51.100.1:123", .new),
        ("udp 192.0.2.1:4000 > 198.51.100.1:4001", .new),
        ("icmp 192.0.2.1 > 198.51.100.1 echo-request", .new),
        ("icmp 198.51.100.1 > 192.0.2.1 echo-reply", .established),
        ("icmp 198.51.100.1 > 192.0.2.1 host-unreachable", .related),
        ("icmp6 2001:db8::1 > 2001:db8::2 echo-request", .new),
        ("icmp6 2001:db8::2 > 2001:db8::1 echo-reply", .established),
        ("icmp6 2001:db8::2 > 2001:db8::1 packet-too-big", .related),
        ("icmp6 2001:db8::2 > 2001:db8::1 neighbour-solicitation", .untracked),
    ]

    @Test(arguments: cases.indices)
    func theHeaderTells(index: Int) throws {
        let example = StateByHeaderTests.cases[index]
        #expect(
            try DecodedFrame(words: example.words).packet.stateByHeader == example.state, "\(example.words)")
    }
}
