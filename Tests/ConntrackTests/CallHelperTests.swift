import Packets
import Testing

@testable import Conntrack

/// What the helpers of calls read, and that nothing that a payload holds makes them trap or grow.
@Suite struct CallHelperTests {
    @Test(
        arguments: [
            ("10.0.0.5", "10.0.0.5"), ("010.000.0.5;", "10.0.0.5"), ("10.0.0.5:5060", "10.0.0.5"),
            ("10.0.0.256", nil), ("10.0.0.5a", nil), ("10.0.0", nil), ("1.2.3.4.5", nil), ("", nil),
        ] as [(String, String?)])
    func ipv4Addresses(_ text: String, _ expected: String?) {
        let read = TextSearch(Array(text.utf8)).address(at: 0, .ipv4)
        #expect(read.map { IPAddress(family: .ipv4, bits: $0.address).description } == expected)
    }

    @Test(
        arguments: [
            ("2001:db8::5]", "2001:db8::5"), ("::1", "::1"), ("::", "::"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::ffff:10.0.0.5", "::ffff:10.0.0.5"), ("1::2::3", nil),
            ("1:2:3", nil), ("12345::", nil), (":1", nil), ("1:2:3:4:5:6:7:8:9", nil),
        ] as [(String, String?)])
    func ipv6Addresses(_ text: String, _ expected: String?) {
        let read = TextSearch(Array(text.utf8)).address(at: 0, .ipv6)
        #expect(read.map { IPAddress(family: .ipv6, bits: $0.address).description } == expected)
    }

    @Test(
        arguments: [
            ("Contact: <sip:a@10.0.0.5:5062>\r\n", "10.0.0.5:5062"), ("m:sip:10.0.0.5\r\n", "10.0.0.5:5060"),
            ("CONTACT :\r\n <sip:a@10.0.0.5>\r\n", "10.0.0.5:5060"), ("Contact: <sip:10.0.0.5:99>\r\n", nil),
            ("Contact: <sip:a@b.example>, <sip:a@10.0.0.6:2000>\r\n", nil), ("Contact: *\r\n", nil),
            ("X: y\r\nContact: x\r\nm: <sip:10.0.0.7:70000>\r\nContact: <sip:10.0.0.8>\r\n", "10.0.0.8:5060"),
            ("contacts: <sip:10.0.0.5>\r\n", nil), ("Contact: <sip:10.0.0.5", nil),
        ] as [(String, String?)])
    func contacts(_ text: String, _ expected: String?) {
        let message = SIPMessage(bytes: Array("OPTIONS sip:x SIP/2.0\r\n\(text)".utf8), family: .ipv4)
        let read = message.address(in: .contact).found
        let named = read.map { "\(IPAddress(family: .ipv4, bits: $0.address)):\($0.port)" }
        #expect(named == expected)
        if let read { #expect(message.bytes[read.range].first == UInt8(ascii: "1")) }
    }

    @Test(arguments: [
        (UInt128(0x2001_0db8_0000_0000_0000_0000_0000_0005), "2001:db8::5"),
        (UInt128(0x0102_0304), "::102:304"),
        (UInt128(0xffff_0a00_0005), "::ffff:10.0.0.5"), (UInt128(0), "::"),
        (UInt128(0xfe80_0000_0000_0000_0000_5efe_0a00_0005), "fe80::5efe:10.0.0.5"),
    ])
    func addressesAsTheKernelPrintsThem(_ address: UInt128, _ text: String) {
        #expect(KernelAddressText.print(address, .ipv6) == text)
    }

    private static let messages: [[UInt8]] =
        [
            """
            INVITE sip:bob@198.51.100.7:5060 SIP/2.0\r
            Via: SIP/2.0/UDP 10.0.0.5:5060;rport=5060;received=10.0.0.5;maddr=10.0.0.5\r
            Contact: <sip:a@10.0.0.5:5060>, <sip:b@10.0.0.5:5060>;expires=60;transport=UDP\r
            CSeq: 2 INVITE\r
            Content-Length: 110\r
            \r
            v=0\r
            o=- 1 1 IN IP4 10.0.0.5\r
            c=IN IP4 10.0.0.5\r
            m=audio 65535 RTP/AVP 0\r
            m=video 49180 RTP/AVP 31\r
            c=IN IP4 10.0.0.5\r

            """,
            "REGISTER sip:198.51.100.7 SIP/2.0\r\nCSeq: 1 REGISTER\r\nm: <sip:10.0.0.5:5060>;expires=4294967295\r\nl: 0\r\n\r\n",
            "SIP/2.0 200 OK\r\nCSeq: 1 REGISTER\r\nm: <sip:10.0.0.1:5060>;expires=4294967295\r\nl: 0\r\n\r\n",
            "SIP/2.0 486 Busy\r\nCSeq: 2 INVITE\r\nl: 4294967295\r\n\r\n",
        ].map { Array($0.utf8) }
        + [1, 2, 7, 8, 9, 10, 11, 12, 13, 14, 15].map { kind in
            [0, 12, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, kind, 0, 0] + [UInt8](repeating: 1, count: 208)
        }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func hostilePayloads(_ seed: UInt64) {
        var random = SeededGenerator(state: seed)
        var table = ConnectionTable(settings: ConntrackSettings(), seed: seed)
        let near: UInt128 = 0x0a00_0005
        let far: UInt128 = 0xc633_6407
        let seen: UInt128 = 0xc000_0201
        for step in 0..<3000 {
            var payload = CallHelperTests.messages.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let at = Int.random(in: 0..<payload.count, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: payload[at] = UInt8.random(in: 0...255, using: &random)
                case 1: payload[at] = Array("\r\n :,;=[@09.".utf8).randomElement(using: &random)!
                case 2: payload.removeSubrange(at..<min(payload.count, at + 5))
                default: payload.insert(contentsOf: payload[at...].prefix(9), at: at)
                }
                if payload.isEmpty { payload = [0] }
            }
            let isTCP = Bool.random(using: &random)
            let isReply = Bool.random(using: &random)
            let isTranslated = step % 2 == 0
            let ports = isTCP ? be16(33000) + be16(step % 4 < 2 ? 1723 : 5060) : be16(5060) + be16(5060)
            let order = isReply ? Array(ports[2...] + ports[..<2]) : ports
            let header =
                isTCP
                ? order + be32(1000) + be32(1000) + [0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0]
                : order + be16(8 + payload.count) + [0, 0]
            let made = TestPacket(
                isTCP ? .tcp : .udp, from: isReply ? far : near,
                to: isReply ? (isTranslated ? seen : near) : far, transport: header + payload)
            let now = Timestamp(nanoseconds: Int64(step) * 1_000_000)
            var tracking = table.track(
                made.packet, bytes: made.bytes.span.bytes, checksum: .notVerified, hook: .prerouting,
                helper: isTCP && step % 4 < 2 ? .pptp : .sip, at: now)
            if isTranslated {
                table.translate(
                    .source, into: NATRange(addresses: seen...seen), for: &tracking, at: now)
            }
            if table.needsHelp(tracking) {
                let outcome = table.help(
                    tracking, made.packet, frame: made.bytes.span.bytes, isLooped: false, at: now)
                if case .changed(let packet, let bytes) = outcome {
                    #expect(Int(packet.totalLength) == bytes.count)
                }
            }
            _ = table.confirm(tracking)
        }
        #expect(table.liveExpectations(at: Timestamp(nanoseconds: 3_000_000_000)).count <= 100)
    }
}
