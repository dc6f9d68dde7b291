import Captures
import Packets
import Testing

@Suite struct PcapTests {
    struct Kind: Sendable {
        var magic: UInt32
        var extra = 0
        var nanoseconds: Int64
    }

    @Test(
        "every magic, in both byte orders",
        arguments: [
            Kind(magic: 0xa1b2_c3d4, nanoseconds: 5000), Kind(magic: 0xa1b2_3c4d, nanoseconds: 5),
            Kind(magic: 0xa1b2_cd34, extra: 8, nanoseconds: 5000),
        ], [false, true])
    func magics(kind: Kind, isBigEndian: Bool) throws {
        var file = CaptureBytes.pcap(magic: kind.magic, isBigEndian: isBigEndian)
        file.record(CaptureBytes.payload(60), extra: kind.extra)
        file.record(seconds: 1, original: 1514, CaptureBytes.payload(61, seed: 2), extra: kind.extra)
        let capture = try ReadCapture(file.bytes)
        #expect(capture.error == nil)
        #expect(
            capture.entries.map(\.time) == [
                1_700_000_000_000_000_000 + kind.nanoseconds, 1_000_000_000 + kind.nanoseconds,
            ])
        #expect(capture.entries.map(\.original) == [60, 1514])
        #expect(
            capture.entries.map(\.bytes) == [CaptureBytes.payload(60), CaptureBytes.payload(61, seed: 2)])
        #expect(
            capture.interfaces.map(\.resolution)
                == [kind.nanoseconds == 5 ? .nanoseconds : .microseconds])
    }

    @Test("nanosecond variants of the Kuznetzov magic are no capture to libpcap, nor to us")
    func unknownMagic() throws {
        let capture = try ReadCapture(CaptureBytes.pcap(magic: 0xa1b2_34cd).bytes)
        #expect(capture.error?.reason == .notACapture)
    }

    @Test("before version 2.4 the lengths are, or may be, in the other order")
    func lengthOrder() throws {
        for version in [(2, 2), (2, 3), (543, 0)] as [(UInt16, UInt16)] {
            var file = CaptureBytes.pcap(version: version)
            file.record(captured: 100, original: 4, [1, 2, 3, 4])
            let capture = try ReadCapture(file.bytes)
            #expect(capture.entries.map(\.bytes) == [[1, 2, 3, 4]])
            #expect(capture.entries.map(\.original) == [100])
        }
        for version in [(1, 0), (2, 5), (3, 0), (543, 1)] as [(UInt16, UInt16)] {
            let capture = try ReadCapture(CaptureBytes.pcap(version: version).bytes)
            #expect(capture.error?.reason == .unsupported)
        }
    }

    @Test("frame check bits above the link type are not part of it")
    func linkTypeField() throws {
        var file = CaptureBytes.pcap(linkType: 0x2400_0001)
        file.record([1])
        #expect(try ReadCapture(file.bytes).entries.map(\.linkType) == [1])
        file = .pcap(linkType: 0x0001_0001)
        file.record([1])
        #expect(try ReadCapture(file.bytes).entries.map(\.linkType) == [65535])
    }

    @Test("a frame over the snapshot length is cut to it")
    func snapLength() throws {
        var file = CaptureBytes.pcap(snapLength: 10)
        file.record(CaptureBytes.payload(40))
        file.record([7])
        let capture = try ReadCapture(file.bytes)
        #expect(capture.entries.map(\.bytes) == [Array(CaptureBytes.payload(40).prefix(10)), [7]])
        #expect(capture.entries.map(\.original) == [40, 1])
    }

    @Test("fields out of their range are taken as libpcap takes them")
    func oddFields() throws {
        var file = CaptureBytes.pcap(snapLength: 0)
        file.record(seconds: 1, fraction: 2_500_000, [1])
        file.record(original: 1, [1, 2, 3])
        file.record(seconds: .max, fraction: .max, [])
        let capture = try ReadCapture(file.bytes)
        #expect(capture.error == nil)
        #expect(capture.entries.first?.time == 3_500_000_000)
        #expect(capture.entries.map(\.original) == [1, 3, 0])
        let latest: Int64 = 4_294_967_295_000_000_000 + 4_294_967_295_000
        #expect(capture.entries.last?.time == latest)
        #expect(capture.interfaces.first?.snapLength == 262_144)
    }

    @Test("a NFLOG header in the other byte order is turned")
    func nflog() throws {
        var file = CaptureBytes.pcap(isBigEndian: true, linkType: 239)
        // Lengths 6 (padded to 8) and 8; then 2, too short for a TLV, which ends the list.
        file.record(
            [2, 0, 0, 0] + [0, 6, 0, 10, 1, 2, 0, 0] + [0, 8, 0, 9, 69, 0, 0, 0] + [0, 2, 0, 1] + [
                0, 8, 0, 9,
            ])
        let expected: [UInt8] =
            [2, 0, 0, 0] + [6, 0, 10, 0, 1, 2, 0, 0] + [8, 0, 9, 0, 69, 0, 0, 0] + [2, 0, 1, 0] + [
                0, 8, 0, 9,
            ]
        #expect(try ReadCapture(file.bytes).entries.map(\.bytes) == [expected])
    }
}
