import Packets
import TestSupport
import Testing

@Suite struct AddressTextTests {
    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("192.0.2.1", "192.0.2.1"),
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("0:0:0:0:0:0:0:0", "::"),
        ("2001:DB8::A", "2001:db8::a"), ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
        // RFC 5952: one group isn't shortened; the longest run is, and of equals the first.
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("::ffff:c000:201", "::ffff:192.0.2.1"), ("::192.0.2.1", "::192.0.2.1"),
        ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
        ("::ffff", "::ffff"), ("fe80::1", "fe80::1"), ("0:0:1::", "0:0:1::"),
    ])
    func canonicalForm(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(arguments: [
        "", ".", "1", "1.2", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4",
        "1.2.3.-4",
        "1.2.3.", "1..2.3", "0x1.2.3.4", "a.b.c.d", ":", ":::", "1:", ":1", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:::2", "1::2::3", "12345::", "g::", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5",
        "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "fe80::1%eth0", "2001:db8::/32", "１.2.3.4",
    ])
    func refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func randomRoundTrips() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<5000 {
            var bits = UInt128(generator.next()) << 64 | UInt128(generator.next())
            for group in 0..<8 where Bool.random(using: &generator) {
                bits &= ~(0xffff << UInt128(16 * group))
            }
            let address = IPAddress.v6(bits)
            #expect(IPAddress(address.description) == address)
            let dotted = IPAddress.v4(UInt32(truncatingIfNeeded: bits))
            #expect(IPAddress(dotted.description) == dotted)
        }
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0/8"), ("10.1.2.3/8", "10.0.0.0/8"), ("10.1.2.3", "10.1.2.3/32"),
        ("0.0.0.0/0", "0.0.0.0/0"), ("2001:db8::1/32", "2001:db8::/32"), ("::/0", "::/0"), ("::1", "::1/128"),
        ("10.0.0.0/33", nil), ("::/129", nil), ("10.0.0.0/", nil), ("10.0.0.0/08", nil), ("10.0.0.0/-1", nil),
        ("/8", nil), ("10.0.0.0/8/8", nil), ("10.0.0.0/+8", nil),
    ])
    func prefixes(text: String, canonical: String?) {
        #expect(IPPrefix(text)?.description == canonical)
    }

    @Test(arguments: [
        ("00:11:22:aA:bb:FF", "00:11:22:aa:bb:ff"), ("0:1:2:3:4:5", "00:01:02:03:04:05"),
        ("00:11:22:33:44", nil),
        ("00:11:22:33:44:55:66", nil), ("00:11:22:33:44:", nil), ("00:11:22:33:44:gg", nil),
        ("001:1:2:3:4:5", nil), ("00-11-22-33-44-55", nil), ("", nil),
    ])
    func macAddresses(text: String, canonical: String?) {
        #expect(MACAddress(text)?.description == canonical)
    }

    @Test(
        arguments: [
            ("tcp", 6, "tcp"), ("TCP", 6, "tcp"), ("icmpv6", 58, "ipv6-icmp"), ("ipv6-icmp", 58, "ipv6-icmp"),
            ("mh", 135, "mobility-header"), ("udplite", 136, "udplite"),
        ] as [(String, UInt8, String)])
    func protocolNames(name: String, number: UInt8, printed: String) {
        #expect(IPProtocol(name: name)?.rawValue == number)
        #expect(IPProtocol(rawValue: number).description == printed)
    }

    @Test func unknownProtocols() {
        #expect(IPProtocol(name: "nonsense") == nil)
        #expect(IPProtocol(rawValue: 253).description == "253")
    }
}
