import Packets
import TestSupport
import Testing

/// Whatever bytes come, decoding and everything that reads the bytes afterwards ends, without a trap, with offsets
/// that lie inside the frame.
@Suite struct HostileFramesTests {
    private static let linkTypes: [LinkType] =
        [
            .null, .ethernet, .ppp, .pppHDLC, .pppEther, .raw, .ciscoHDLC, .ieee80211, .loop, .linuxSLL,
            .prism,
            .radiotap, .avs, .ipv4, .ipv6, .nflog, .linuxSLL2,
        ] + [LinkType(rawValue: 12), LinkType(rawValue: 14), LinkType(rawValue: 65535)]

    private func check(_ bytes: [UInt8], _ linkType: LinkType, originalLength: Int) {
        let frame = DecodedFrame(
            bytes, linkType, originalLength: originalLength,
            decoder: PacketDecoder(verifiesHeaderChecksum: false))
        guard frame.isPacket else { return }
        let packet = frame.packet
        #expect(
            Int(packet.transportOffset) + Int(packet.transportCaptured)
                <= max(bytes.count, Int(packet.transportOffset)))
        #expect(packet.transportCaptured <= packet.transportLength)
        #expect(packet.flags.contains(.cutByCapture) || packet.transportCaptured == packet.transportLength)
        _ = frame.checksum
        _ = frame.tcpOptions
        _ = frame.findTCPOption(3)
        let words = PacketDescription(packet).description
        #expect(throws: Never.self) { try PacketDescription(parsing: words) }
    }

    @Test func everyTruncation() {
        for sample in FrameSamples.all {
            for length in 0...sample.bytes.count {
                let cut = Array(sample.bytes.prefix(length))
                check(cut, sample.linkType, originalLength: length)
                check(cut, sample.linkType, originalLength: sample.bytes.count)
            }
        }
    }

    @Test func everySampleUnderEveryLinkType() {
        for sample in FrameSamples.all {
            for linkType in HostileFramesTests.linkTypes {
                for length in 0...min(64, sample.bytes.count) {
                    check(Array(sample.bytes.dropFirst(length)), linkType, originalLength: 0)
                }
            }
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func mutations(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            let sample = FrameSamples.all.randomElement(using: &generator)!
            var bytes = sample.bytes
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let offset = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[offset] = [0, 1, 4, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &generator)]
                    .randomElement(using: &generator)!
            }
            bytes.removeLast(Int.random(in: 0...bytes.count / 4, using: &generator))
            let linkType =
                Bool.random(using: &generator)
                ? sample.linkType : HostileFramesTests.linkTypes.randomElement(using: &generator)!
            check(bytes, linkType, originalLength: Int.random(in: 0...2000, using: &generator))
        }
    }

    @Test(arguments: 0..<2 as Range<UInt64>)
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed: 100 + seed)
        for _ in 0..<5000 {
            let count = Int.random(in: 0...200, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            for linkType in HostileFramesTests.linkTypes { check(bytes, linkType, originalLength: count) }
        }
    }

    /// Tags in tags in tags.
    @Test func deepNesting() {
        let addresses = [UInt8](repeating: 2, count: 12)
        let tags = addresses + repeatElement([0x81, 0, 0, 1], count: 10000).joined()
        #expect("\(DecodedFrame(tags).content)" == "\(FrameContent.notIP(.tooManyTags))")
        let labels = addresses + [0x88, 0x47] + [UInt8](repeating: 0, count: 60000)
        #expect("\(DecodedFrame(labels).content)" == "\(FrameContent.notIP(.tooManyTags))")
        let headers = [UInt8](repeating: 0, count: 65000).enumerated().map {
            $0.offset % 8 == 0 ? 60 : 0 as UInt8
        }
        let builder = PacketBuilder(
            source: IPAddress("2001:db8::1")!, destination: IPAddress("2001:db8::2")!,
            .other(IPProtocol(rawValue: 60), headers))
        #expect(DecodedFrame(builder.bytes(), .raw).packet.flags == [.hasOptions, .brokenHeaderChain])
    }
}
