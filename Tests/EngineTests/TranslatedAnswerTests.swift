import Conntrack
import Engine
import Packets
import Testing

/// Answers to packets whose destination was translated: they come from the address that was asked, and quote the packet
/// as it came. The bytes are those that Linux 6.18 put on the wire, but for the random identification and the header
/// checksum over it, which are zero here, and the checksum of the reset, which it left to the network card.
@Suite struct TranslatedAnswerTests {
    private static let rules = """
        *nat
        -A PREROUTING -i wan -p udp --dport 7 -j DNAT --to-destination 10.0.0.7:77
        -A PREROUTING -i wan -p tcp --dport 7 -j DNAT --to-destination 10.0.0.7:77
        -A PREROUTING -i wan -p tcp --dport 9 -j DNAT --to-destination 10.0.0.7:99
        -A PREROUTING -i wan -p tcp --dport 80 -j DNAT --to-destination 10.0.0.5:8081
        COMMIT
        *filter
        -A FORWARD -d 10.0.0.7/32 -p udp -j REJECT --reject-with icmp-port-unreachable
        -A FORWARD -d 10.0.0.7/32 -p tcp --dport 77 -j REJECT --reject-with tcp-reset
        -A FORWARD -d 10.0.0.7/32 -p tcp --dport 99 -j REJECT --reject-with icmp-host-prohibited
        """

    /// Packets and answers, turn by turn.
    private static let exchanges = [
        "450000240001000040118e8cc6336407c000020100070007001031a27878787878787878",
        """
        45c000400000000040010000c0000201c63364070303e95a00000000
        45000024000100003f118f8cc6336407c000020100070007001031a27878787878787878
        """,
        "450000280001000040068e93c6336407c00002010007000700000007000000005002ffffc3910000",
        "450000280000400040060000c0000201c633640700070007000000000000000850140000c37e0000",
        "450000280001000040068e93c6336407c00002010007000900000007000000005002ffffc38f0000",
        """
        45c000440000000040010000c0000201c6336407030ae94c00000000
        45000028000100003f068f93c6336407c00002010007000900000007000000005002ffffc38f0000
        """,
        "45000028000100000106cd93c6336407c000020103e90050000003e8000000005002ffffbb850000",
        """
        45c000440000000040010000c0000201c63364070b00e15600000000
        45000028000100000106cd93c6336407c000020103e90050000003e8000000005002ffffbb850000
        """,
    ]

    @Test(arguments: [0, 2, 4, 6])
    func theyComeFromWhereTheQuestionWent(_ index: Int) throws {
        var interfaces = InterfaceTable()
        let rules = try Laboratory.compile(TranslatedAnswerTests.rules, .ipv4, &interfaces)
        func interface(_ name: String, _ address: UInt32) -> HostInterface {
            HostInterface(
                name: name, id: interfaces.id(of: name),
                addresses: [InterfaceAddress(.v4(address), prefixLength: 24)])
        }
        let links = [interface("wan", 0xc000_0201), interface("lan", 0x0a00_0001)]
        let routes = [
            Route(IPPrefix(.v4(0), length: 0), outInterface: links[0].id, gateway: .v4(0xc000_02fe))
        ]
        var firewall = Firewall(
            host: SimulatedHost(
                interfaces: links, routes: SimulatedHost.connectedRoutes(of: links) + routes),
            ipv4: rules, ipv6: nil)
        firewall.admit(interfaces)
        let bytes = TranslatedAnswerTests.bytes(TranslatedAnswerTests.exchanges[index])
        var decoded = Packet(family: .ipv4)
        let fault = PacketDecoder().decode(
            bytes.span.bytes, family: .ipv4, networkOffset: 0, originalLength: bytes.count, into: &decoded)
        #expect(fault == nil)
        var metadata = PacketMetadata()
        metadata.inInterface = links[0].id
        _ = firewall.process(&decoded, &metadata, bytes: bytes.span.bytes, origin: .arriving)
        var sent = try #require(firewall.answer?.translated)
        sent.replaceSubrange(10..<12, with: [0, 0])
        #expect(sent == TranslatedAnswerTests.bytes(TranslatedAnswerTests.exchanges[index + 1]))
        #expect(firewall.connections.count == 0)
    }

    private static func bytes(_ text: String) -> [UInt8] {
        let digits = Array(text.filter { !$0.isWhitespace })
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
    }
}
