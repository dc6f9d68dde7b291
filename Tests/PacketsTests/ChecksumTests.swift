import Packets
import TestSupport
import Testing

@Suite struct ChecksumTests {
    /// RFC 1071, 3: the example's sum is ddf2.
    @Test func exampleOfTheRFC() {
        let bytes: [UInt8] = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]
        let sum = InternetChecksum.sum(bytes.span.bytes, from: 0, count: 8)
        #expect(InternetChecksum.fold(sum) == 0xddf2)
    }

    @Test func sumEqualsTheSumByWords() {
        var generator = SeededGenerator(seed: 3)
        for count in 0..<200 {
            let bytes = (0..<count + 5).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let start = Int.random(in: 0...5, using: &generator)
            var plain = 0
            for index in 0..<count { plain += Int(bytes[start + index]) << (index % 2 == 0 ? 8 : 0) }
            while plain > 0xffff { plain = plain >> 16 + plain & 0xffff }
            let sum = InternetChecksum.sum(bytes.span.bytes, from: start, count: count)
            #expect(Int(InternetChecksum.fold(sum)) == plain)
        }
        #expect(InternetChecksum.fold(.max) == 0xffff)
    }

    @Test func realFrames() {
        for sample in FrameSamples.all where sample.name != "arpInVLAN10" {
            #expect(DecodedFrame(sample.bytes, sample.linkType).checksum == .valid, "\(sample.name)")
        }
    }

    @Test(arguments: [
        "tcp 10.0.0.5:1 > 10.0.0.6:2 SA len 99", "udp 10.0.0.5:1 > 10.0.0.6:2 len 99",
        "udplite [2001:db8::1]:1 > [2001:db8::2]:2 len 99", "icmp 10.0.0.5 > 10.0.0.6 len 99",
        "icmpv6 2001:db8::1 > 2001:db8::2 len 99", "sctp 10.0.0.5:1 > 10.0.0.6:2 len 99",
    ])
    func everyFlippedBitIsSeen(words: String) throws {
        let bytes = try PacketDescription(parsing: words).bytes()
        let whole = DecodedFrame(bytes, .raw)
        #expect(whole.checksum == .valid)
        for offset in Int(whole.packet.transportOffset)..<bytes.count {
            var changed = bytes
            changed[offset] ^= 0x10
            let checksum = DecodedFrame(changed, .raw).checksum
            #expect(checksum == .invalid, "byte \(offset)")
        }
    }

    @Test func absentAndUnverifiable() throws {
        var builder = PacketBuilder(
            source: .v4(0x0a00_0001), destination: .v4(0x0a00_0002),
            .udp(PacketBuilder.UDPDatagram(from: 1, to: 2, payload: [1, 2, 3])))
        builder.transportChecksum = 0
        #expect(DecodedFrame(builder.bytes(), .raw).checksum == .absent)
        builder.transport = .udpLite(PacketBuilder.UDPDatagram(from: 1, to: 2, payload: [1, 2, 3]))
        #expect(DecodedFrame(builder.bytes(), .raw).checksum == .invalid)
        #expect(try DecodedFrame(words: "udp 10.0.0.1:1 > 10.0.0.2:2 frag=0+").checksum == .unverifiable)
        #expect(try DecodedFrame(words: "gre 10.0.0.1 > 10.0.0.2").checksum == .absent)
    }

    /// Connection tracking sums the whole IP payload whatever the UDP length field says: measured on Linux 6.18, where
    /// a datagram whose checksum is right by RFC 768, over its stated length only, is INVALID.
    @Test func udpLengthShorterThanThePayload() {
        var datagram = PacketBuilder.UDPDatagram(from: 1, to: 2, payload: [1, 2, 3, 4, 5, 6, 7, 8])
        datagram.lengthField = 12
        var builder = PacketBuilder(source: .v4(0x0a00_0001), destination: .v4(0x0a00_0002), .udp(datagram))
        #expect(DecodedFrame(builder.bytes(), .raw).checksum == .valid)

        let stated = PacketBuilder.UDPDatagram(from: 1, to: 2, payload: [1, 2, 3, 4])
        let short = PacketBuilder(source: builder.source, destination: builder.destination, .udp(stated))
            .bytes()
        builder.transportChecksum = UInt16(short[26]) << 8 | UInt16(short[27])
        #expect(DecodedFrame(builder.bytes(), .raw).checksum == .invalid)
    }

    @Test func offloaded() {
        let addresses: [(IPAddress, IPAddress)] = [
            (.v4(0x0a00_0001), .v4(0x0a00_0002)), (.v6(5 << 120), .v6(6 << 120)),
        ]
        for (source, destination) in addresses {
            let payload = [UInt8](repeating: 5, count: 100)
            for withLength in [true, false] {
                var builder = PacketBuilder(
                    source: source, destination: destination,
                    .tcp(PacketBuilder.TCPSegment(from: 1, to: 2, flags: .ack, payload: payload)))
                builder.transportChecksum = InternetChecksum.fold(
                    InternetChecksum.pseudoHeaderSum(
                        source: source.bits, destination: destination.bits, .tcp, length: withLength ? 120 : 0
                    ))
                #expect(DecodedFrame(builder.bytes(), .raw).checksum == .offloaded)
            }
        }
    }

    @Test func udpLiteCoverage() {
        var datagram = PacketBuilder.UDPDatagram(from: 1, to: 2, payload: [UInt8](repeating: 9, count: 20))
        for (coverage, expected) in [(7, TransportChecksum.invalid), (29, .invalid), (28, .valid)] {
            datagram.lengthField = UInt16(coverage)
            let builder = PacketBuilder(
                source: .v4(0x0a00_0001), destination: .v4(0x0a00_0002), .udpLite(datagram))
            #expect(DecodedFrame(builder.bytes(), .raw).checksum == expected, "\(coverage)")
        }
    }

    /// Chunks of every length modulo the eight bytes that the CRC takes in a step.
    @Test func sctpChunksOfAllLengths() {
        for count in 0..<40 {
            let chunks = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let builder = PacketBuilder(
                source: .v4(0x0a00_0001), destination: .v4(0x0a00_0002),
                .sctp(PacketBuilder.SCTPPacket(from: 5, to: 6, verificationTag: 9, chunks: chunks)))
            #expect(DecodedFrame(builder.bytes(), .raw).checksum == .valid)
        }
    }
}
