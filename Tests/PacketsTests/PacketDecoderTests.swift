import Packets
import TestSupport
import Testing

@Suite struct PacketDecoderTests {
    @Test func tcpSYN() {
        let frame = DecodedFrame(FrameSamples.tcpSYN)
        let packet = frame.packet
        #expect(frame.isPacket)
        #expect(IPAddress(family: .ipv4, bits: packet.source).description == "192.0.2.20")
        #expect(IPAddress(family: .ipv4, bits: packet.destination).description == "198.51.100.80")
        #expect(packet.transportProtocol == .tcp)
        #expect(packet.sourcePort == 50250)
        #expect(packet.destinationPort == 80)
        #expect(packet.tcpFlags == .syn)
        #expect(packet.tcpHeaderLength == 40)
        #expect(packet.tcpWindow == 0xfaf0)
        #expect(packet.tcpSequence == 0x5ced_7657)
        #expect(packet.tcpAcknowledgement == 0)
        #expect(packet.totalLength == 60)
        #expect(packet.identification == 0xf7bf)
        #expect(packet.hopLimit == 64)
        #expect(packet.networkOffset == 14)
        #expect(packet.transportOffset == 34)
        #expect(packet.transportLength == 40)
        #expect(packet.transportCaptured == 40)
        #expect(packet.flags == [.dontFragment, .hasTransportHeader, .hasPorts])
    }

    @Test func icmpFields() {
        let request = DecodedFrame(FrameSamples.echoRequest).packet
        #expect(request.icmpType == 8 && request.icmpCode == 0 && request.icmpIdentifier == 0x4c5b)
        let unreachable = DecodedFrame(FrameSamples.portUnreachable).packet
        #expect(unreachable.icmpType == 3 && unreachable.icmpCode == 3 && unreachable.icmpIdentifier == 0)
        #expect(unreachable.trafficClass == 0xc0)
        let solicitation = DecodedFrame(FrameSamples.neighbourSolicitation).packet
        #expect(solicitation.transportProtocol == .icmpv6 && solicitation.icmpType == 135)
        #expect(solicitation.totalLength == 72 && solicitation.hopLimit == 255)
    }

    @Test func extensionHeaders() {
        let atomic = DecodedFrame(FrameSamples.atomicFragment).packet
        #expect(atomic.transportProtocol == .icmpv6 && atomic.icmpType == 128)
        #expect(atomic.flags == [.hasOptions, .hasFragmentHeader, .hasTransportHeader])
        #expect(!atomic.isFragment && atomic.identification == 9)
        let hopByHop = DecodedFrame(FrameSamples.hopByHop).packet
        #expect(hopByHop.transportOffset == 14 + 48 && hopByHop.icmpIdentifier == 0x4d)
        #expect(hopByHop.flags == [.hasOptions, .hasTransportHeader])
    }

    /// A reused packet keeps nothing of the one before.
    @Test func reusedPacket() {
        var packet = Packet(family: .ipv4)
        var link = LinkHeader()
        for sample in FrameSamples.all where sample.name != "arpInVLAN10" {
            let frame = Frame(
                timestamp: Timestamp(nanoseconds: 0), originalLength: UInt32(sample.bytes.count),
                linkType: sample.linkType)
            _ = PacketDecoder().decode(frame, sample.bytes.span.bytes, link: &link, packet: &packet)
            let fresh = DecodedFrame(sample.bytes, sample.linkType).packet
            #expect("\(packet)" == "\(fresh)", "\(sample.name)")
        }
    }

    @Test(arguments: [
        // offset of a byte in the IPv4 header, its new value, what comes of it
        (0, 0x55, Malformation.badVersion), (0, 0x44, .badHeaderLength), (8, 63, .badHeaderChecksum),
        (0, 0x4f, .badHeaderChecksum),
    ])
    func brokenIPv4(offset: Int, value: UInt8, expected: Malformation) {
        var bytes = FrameSamples.tcpSYN
        bytes[14 + offset] = value
        #expect(DecodedFrame(bytes).malformation == expected)
    }

    @Test func checksumOption() {
        var bytes = FrameSamples.tcpSYN
        bytes[24] ^= 0xff
        #expect(DecodedFrame(bytes).malformation == .badHeaderChecksum)
        #expect(DecodedFrame(bytes, decoder: PacketDecoder(verifiesHeaderChecksum: false)).isPacket)
    }

    @Test func lengthsThatLie() throws {
        var builder = PacketBuilder(
            source: .v4(0x0a00_0001), destination: .v4(0x0a00_0002),
            .udp(PacketBuilder.UDPDatagram(from: 1, to: 2, payload: [1, 2, 3, 4])))
        builder.lengthField = 33
        #expect(DecodedFrame(builder.bytes(), .raw).malformation == .totalLengthTooLarge)
        builder.lengthField = 19
        #expect(DecodedFrame(builder.bytes(), .raw).malformation == .totalLengthTooSmall)
        builder.lengthField = 0
        #expect(DecodedFrame(builder.bytes(), .raw).malformation == .totalLengthTooSmall)

        builder.lengthField = 28
        let trimmed = DecodedFrame(builder.bytes(), .raw).packet
        #expect(trimmed.totalLength == 28 && trimmed.transportLength == 8 && trimmed.transportCaptured == 8)
        builder.lengthField = 25
        let short = DecodedFrame(builder.bytes(), .raw).packet
        #expect(short.flags == [.hasPorts] && short.destinationPort == 2 && short.transportLength == 5)
        builder.lengthField = 23
        let tiny = DecodedFrame(builder.bytes(), .raw).packet
        #expect(tiny.flags == [] && tiny.destinationPort == 0)
    }

    @Test func cutByCapture() {
        let bytes = FrameSamples.tcpSYN
        let cut = DecodedFrame(Array(bytes.prefix(40)), originalLength: bytes.count)
        #expect(cut.isPacket)
        #expect(cut.packet.flags == [.dontFragment, .hasPorts, .cutByCapture])
        #expect(cut.packet.transportLength == 40 && cut.packet.transportCaptured == 6)
        #expect(cut.checksum == .unverifiable)
        #expect(
            DecodedFrame(Array(bytes.prefix(30)), originalLength: bytes.count).malformation
                == .headerCutByCapture)
        #expect(DecodedFrame(Array(bytes.prefix(30))).malformation == .ipHeaderTruncated)
        #expect(DecodedFrame(Array(bytes.prefix(40))).malformation == .totalLengthTooLarge)
        #expect(
            DecodedFrame(Array(bytes.prefix(10)), originalLength: bytes.count).malformation
                == .headerCutByCapture)
        #expect(DecodedFrame(Array(bytes.prefix(10))).malformation == .linkHeaderTruncated)
    }

    @Test func ipv4Options() {
        var builder = PacketBuilder(
            source: .v4(0x0a00_0001), destination: .v4(0x0a00_0002),
            .udp(PacketBuilder.UDPDatagram(from: 1, to: 2)))
        builder.ipv4Options = [7, 7, 4, 0, 0, 0, 0]
        let whole = DecodedFrame(builder.bytes(), .raw)
        #expect(whole.isPacket && whole.packet.flags == [.hasOptions, .hasTransportHeader, .hasPorts])
        #expect(whole.packet.transportOffset == 28 && whole.packet.destinationPort == 2)
        let cut = DecodedFrame(Array(whole.bytes.prefix(24)), .raw, originalLength: 36)
        #expect(cut.isPacket && cut.packet.flags == [.hasOptions, .cutByCapture])
        #expect(cut.packet.transportCaptured == 0 && cut.packet.transportLength == 8)
    }

    @Test func segmentationOffloadLeavesLengthZero() {
        var builder = PacketBuilder(
            source: .v4(0x0a00_0001), destination: .v4(0x0a00_0002),
            .tcp(
                PacketBuilder.TCPSegment(
                    from: 1, to: 2, flags: .ack, payload: [UInt8](repeating: 7, count: 4000))))
        builder.lengthField = 0
        let segment = DecodedFrame(builder.bytes(), .raw)
        #expect(segment.isPacket && segment.packet.totalLength == 4040)
        builder.source = .v6(1 << 120)
        builder.destination = .v6(2 << 120)
        #expect(DecodedFrame(builder.bytes(), .raw).packet.totalLength == 4060)
        builder.transport = .tcp(PacketBuilder.TCPSegment(from: 1, to: 2, flags: .ack))
        let empty = DecodedFrame(builder.bytes(), .raw)
        #expect(empty.isPacket && empty.packet.totalLength == 40 && empty.packet.flags == [])
    }

    @Test func fragments() throws {
        let first = try DecodedFrame(words: "udp 10.0.0.1:5 > 10.0.0.2:6 frag=0+ id=77 len 100").packet
        #expect(first.isFragment && !first.isLaterFragment && first.destinationPort == 6)
        let later = try DecodedFrame(words: "udp 10.0.0.1 > 10.0.0.2 frag=1480 id=77 len 100").packet
        #expect(later.isLaterFragment && later.fragmentOffset == 185 && later.flags == [])
        let later6 = try DecodedFrame(words: "udp 2001:db8::1 > 2001:db8::2 frag=1480+ id=77 len 100").packet
        #expect(
            later6.fragmentOffset == 185 && later6.identification == 77 && later6.transportProtocol == .udp)
        #expect(later6.flags == [.moreFragments, .hasFragmentHeader, .hasOptions])
    }

    @Test(arguments: [
        ("::1", "2001:db8::2", Malformation.loopbackAddressOnWire),
        ("2001:db8::2", "::1", .loopbackAddressOnWire), ("ff02::1", "2001:db8::2", .badAddressScope),
        ("2001:db8::2", "ff01::1", .badAddressScope), ("2001:db8::2", "ff00::1", .badAddressScope),
        ("2001:db8::2", "ff02::1", nil), ("::", "ff02::1", nil),
    ])
    func ipv6Scopes(source: String, destination: String, expected: Malformation?) throws {
        let words = "udp [\(source)]:1 > [\(destination)]:2"
        #expect(try DecodedFrame(words: words).malformation == expected)
        let bytes = try PacketDescription(parsing: words).bytes()
        #expect(DecodedFrame(bytes, .raw, decoder: PacketDecoder(checksAddressScope: false)).isPacket)
    }
}
