import Packets
import TestSupport
import Testing

@Suite struct TCPOptionsTests {
    private func segment(_ options: [UInt8], dataOffset: UInt8? = nil) -> DecodedFrame {
        var segment = PacketBuilder.TCPSegment(from: 1, to: 2, flags: .syn, options: options)
        segment.dataOffset = dataOffset
        return DecodedFrame(
            PacketBuilder(source: .v4(0x0a00_0001), destination: .v4(0x0a00_0002), .tcp(segment)).bytes(),
            .raw)
    }

    @Test func realSYN() throws {
        let frame = DecodedFrame(FrameSamples.tcpSYN)
        let options = try #require(frame.tcpOptions)
        #expect(options.maximumSegmentSize == 1460 && options.windowScale == 10 && options.isSACKPermitted)
        #expect(options.timestamp?.value == 0xf407_c0b8 && options.timestamp?.echoReply == 0)
        #expect(frame.findTCPOption(3) == .present)
        #expect(frame.findTCPOption(5) == .absent)
    }

    @Test func sackBlocks() throws {
        let frame = segment([1, 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4])
        let options = try #require(frame.tcpOptions)
        #expect(options.sackBlockCount == 2)
        #expect(options.sackBlock(0).right == 2 && options.sackBlock(1).left == 3)
    }

    @Test(
        arguments: [
            // A list, a kind, whether `tcp_find_option` finds it, whether a reader that stops at nonsense sees an MSS.
            ([0, 2, 4, 5], 2, true, false), ([2, 4, 5, 6], 5, false, true),
            ([9, 0, 2, 4, 1, 1, 1, 1], 2, true, false),
            ([9, 1, 2, 4], 2, true, false), ([9, 60, 2, 4], 2, false, false),
            ([1, 1, 1, 2], 2, true, false),
            ([2, 3, 5, 3], 3, true, false), ([1, 2, 4, 5, 6, 1, 1, 1], 2, true, true),
        ] as [([UInt8], UInt8, Bool, Bool)])
    func malformedLists(options: [UInt8], kind: UInt8, isFound: Bool, hasMSS: Bool) {
        let frame = segment(options)
        #expect(frame.findTCPOption(kind) == (isFound ? .present : .absent))
        #expect((frame.tcpOptions?.maximumSegmentSize != nil) == hasMSS)
    }

    @Test(arguments: [0, 4, 6, 15] as [UInt8])
    func unreadable(dataOffset: UInt8) {
        let frame = segment([], dataOffset: dataOffset)
        #expect(frame.packet.tcpHeaderLength == dataOffset * 4)
        #expect(frame.findTCPOption(2) == .unreadable)
        #expect(frame.tcpOptions == nil)
    }
}
