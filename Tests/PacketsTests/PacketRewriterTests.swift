import Packets
import TestSupport
import Testing

/// The bytes of translated packets; those of the kernel are in `Fixtures/Traversals`.
@Suite struct PacketRewriterTests {
    private static let descriptions = [
        "tcp 10.0.0.5:1000 > 198.51.100.7:80 S len 60", "udp 10.0.0.5:1000 > 198.51.100.7:80 len 61",
        "tcp [2001:db8::5]:1000 > [2001:db8::7]:80 A len 90", "udp [2001:db8::5]:1 > [2001:db8::7]:2 len 70",
        "icmp 10.0.0.5 > 198.51.100.7 echo-request", "icmpv6 2001:db8::5 > 2001:db8::7 echo-request",
        "sctp 10.0.0.5:1000 > 198.51.100.7:80 len 60", "udplite 10.0.0.5:1000 > 198.51.100.7:80 len 60",
    ]

    private func translated(_ bytes: [UInt8]) -> (packet: Packet, bytes: [UInt8]) {
        var packet = DecodedFrame(bytes, .raw).packet
        var translation = PacketTranslation(packet.transportProtocol)
        translation.source = .init(address: packet.source ^ 0x1ff01, port: 0x4321)
        translation.destination = .init(address: packet.destination ^ 0xffff, port: 0x4321)
        packet.take(translation)
        packet.hopLimit = 7
        packet.trafficClass = 0x2e
        let written = PacketRewriter.frame(of: packet, translation, from: bytes.span.bytes)
        return (packet, written)
    }

    @Test(arguments: descriptions)
    func checksumsStayRight(_ description: String) throws {
        let bytes = try PacketDescription(parsing: description).bytes()
        let (packet, written) = translated(bytes)
        let again = DecodedFrame(written, .raw)
        #expect(again.isPacket)
        #expect(again.packet.verifyTransportChecksum(written.span.bytes) == .valid, "\(description)")
        #expect(again.packet.source == packet.source && again.packet.destination == packet.destination)
        #expect(again.packet.sourcePort == packet.sourcePort)
        #expect(again.packet.destinationPort == packet.destinationPort)
        #expect(again.packet.icmpIdentifier == packet.icmpIdentifier)
        #expect(again.packet.hopLimit == 7 && again.packet.trafficClass == 0x2e)
        #expect(packet.transportProtocol == .icmp || packet.sourcePort != 1000)
    }

    @Test func whatDidNotChangeStays() throws {
        for description in PacketRewriterTests.descriptions {
            let bytes = try PacketDescription(parsing: description).bytes()
            let packet = DecodedFrame(bytes, .raw).packet
            #expect(PacketRewriter.frame(of: packet, nil, from: bytes.span.bytes) == bytes)
        }
    }

    @Test func aMissingUDPChecksumStaysMissingAndAWrongOneWrong() throws {
        let bytes = try PacketDescription(parsing: "udp 10.0.0.5:1000 > 198.51.100.7:80 len 61").bytes()
        for (field, expected) in [(0, TransportChecksum.absent), (0x1234, .invalid)]
            as [(Int, TransportChecksum)]
        {
            var changed = bytes
            changed[26] = UInt8(field >> 8)
            changed[27] = UInt8(field & 0xff)
            let (_, written) = translated(changed)
            #expect(
                DecodedFrame(written, .raw).packet.verifyTransportChecksum(written.span.bytes) == expected)
        }
    }

    /// What a network card is to complete is still to be completed.
    @Test func anOffloadedChecksumStaysOffloaded() throws {
        var bytes = try PacketDescription(parsing: "tcp 10.0.0.5:1000 > 198.51.100.7:80 S len 60").bytes()
        let packet = DecodedFrame(bytes, .raw).packet
        let sum = InternetChecksum.fold(
            InternetChecksum.pseudoHeaderSum(
                source: packet.source, destination: packet.destination, .tcp,
                length: Int(packet.transportLength)))
        bytes[36] = UInt8(sum >> 8)
        bytes[37] = UInt8(sum & 0xff)
        let (_, written) = translated(bytes)
        #expect(DecodedFrame(written, .raw).packet.verifyTransportChecksum(written.span.bytes) == .offloaded)
    }

    /// Any bytes, cut anywhere, as an error and as a packet of its own: nothing is written outside, nothing traps.
    @Test func hostileBytes() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 20...120, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            bytes[0] = Bool.random(using: &random) ? 0x45 : 0x60
            if bytes[0] == 0x60, bytes.count < 40 { continue }
            let numbers: [UInt8] = [1, 6, 17, 58, 132, 136, 33, 47, 0, 44]
            bytes[bytes[0] == 0x45 ? 9 : 6] = numbers.randomElement(using: &random)!
            if bytes[0] == 0x45 { bytes[6] = 0 }
            let length = bytes.count - (bytes[0] == 0x45 ? 0 : 40)
            bytes[bytes[0] == 0x45 ? 2 : 4] = 0
            bytes[bytes[0] == 0x45 ? 3 : 5] = UInt8(length)
            let cut = Array(
                bytes[..<Int.random(in: (bytes[0] == 0x45 ? 20 : 40)...bytes.count, using: &random)])
            var packet = Packet(family: .ipv4)
            let decoder = PacketDecoder(verifiesHeaderChecksum: false, checksAddressScope: false)
            let fault = decoder.decode(
                cut.span.bytes, family: bytes[0] == 0x45 ? .ipv4 : .ipv6, networkOffset: 0,
                originalLength: bytes.count, into: &packet)
            guard fault == nil else { continue }
            for isError in [false, true] {
                let kind = IPProtocol(rawValue: numbers.randomElement(using: &random)!)
                var translation = PacketTranslation(kind, isError: isError)
                translation.source = .init(address: 5, port: 6)
                if Bool.random(using: &random) { translation.destination = .init(address: 7, port: 8) }
                var changed = packet
                changed.take(translation)
                let written = PacketRewriter.frame(of: changed, translation, from: cut.span.bytes)
                #expect(written.count == cut.count)
            }
        }
    }
}
