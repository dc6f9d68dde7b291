import Captures
import Glibc
import Packets
import Testing

@Suite struct WriterTests {
    static let ethernet = CaptureInterface(name: "eth0", description: "wan", linkType: LinkType(rawValue: 1))
    static let cooked = CaptureInterface(name: "any", linkType: LinkType(rawValue: 113))

    static func frame(
        _ time: Int64, original: UInt32 = 0, direction: FrameDirection = .unknown
    ) -> Frame {
        Frame(
            timestamp: Timestamp(nanoseconds: time), originalLength: original,
            linkType: LinkType(rawValue: 1),
            direction: direction)
    }

    static func write(
        _ writer: inout CaptureWriter, _ frame: Frame, _ bytes: [UInt8], interface: Int = 0
    ) throws {
        try writer.write(frame, bytes.span.bytes, interface: interface)
    }

    @Test("a pcap comes back, with nanoseconds unless microseconds are asked for")
    func pcap() throws {
        for (format, time) in [
            (nil, 1_700_000_000_123_456_789), (.pcapMicroseconds, 1_700_000_000_123_456_000),
        ] as [(CaptureFileFormat?, Int64)] {
            let file = try TemporaryFile(suffix: ".pcap")
            var writer = try CaptureWriter(path: file.path, format: format)
            #expect(try writer.addInterface(Self.ethernet) == 0)
            #expect(try writer.addInterface(Self.ethernet) == 1)
            try Self.write(
                &writer, Self.frame(1_700_000_000_123_456_789, original: 1514), CaptureBytes.payload(60))
            for index in 0..<1000 {
                try Self.write(
                    &writer, Self.frame(Int64(index)), CaptureBytes.payload(1000, seed: index), interface: 1)
            }
            try Self.write(&writer, Self.frame(.min), [])
            try Self.write(&writer, Self.frame(.max), [1])
            try writer.close()
            let capture = ReadCapture(path: file.path)
            #expect(capture.error == nil)
            #expect(capture.entries.count == 1003)
            #expect(capture.entries.first?.time == time)
            #expect(capture.entries.first?.original == 1514)
            #expect(capture.entries.first?.bytes == CaptureBytes.payload(60))
            #expect(capture.entries.dropFirst(1000).first?.bytes == CaptureBytes.payload(1000, seed: 999))
            #expect(capture.entries.dropFirst(1001).first?.time == 0)
            #expect(capture.entries.last?.time ?? 0 > 4_294_967_295_000_000_000)
            #expect(LibpcapComparison.difference(path: file.path) == nil)
        }
    }

    @Test("a pcapng comes back with its interfaces and directions")
    func pcapng() throws {
        let file = try TemporaryFile(suffix: ".pcapng")
        var writer = try CaptureWriter(path: file.path)
        #expect(try writer.addInterface(Self.ethernet) == 0)
        #expect(try writer.addInterface(Self.cooked) == 1)
        var expected: [ReadCapture.Entry] = []
        for (index, direction) in ([.unknown, .inbound, .outbound] as [FrameDirection]).enumerated() {
            for interface in 0..<2 {
                let bytes = CaptureBytes.payload(20 + index)
                try Self.write(
                    &writer, Self.frame(1_700_000_000_123_456_789, direction: direction), bytes,
                    interface: interface)
                expected.append(
                    ReadCapture.Entry(
                        time: 1_700_000_000_123_456_789, original: UInt32(20 + index),
                        interface: UInt32(interface),
                        linkType: interface == 0 ? 1 : 113, direction: direction, bytes: bytes))
            }
        }
        try writer.close()
        let capture = ReadCapture(path: file.path)
        #expect(capture.error == nil)
        #expect(capture.entries == expected)
        #expect(capture.interfaces == [Self.ethernet, Self.cooked])
        #expect(LibpcapComparison.difference(path: file.path) == nil)
    }

    @Test("a capture of nothing is one")
    func empty() throws {
        for suffix in [".pcap", ".pcapng"] {
            let file = try TemporaryFile(suffix: suffix)
            let writer = try CaptureWriter(path: file.path)
            try writer.close()
            let capture = ReadCapture(path: file.path, throughLibpcap: true)
            #expect(capture.error == nil)
            #expect(capture.interfaces.map(\.linkType.rawValue) == [1])
        }
    }

    @Test("what can't be written says why")
    func errors() throws {
        let file = try TemporaryFile(suffix: ".pcap")
        var writer = try CaptureWriter(path: file.path)
        _ = try writer.addInterface(Self.ethernet)
        let mixed = #expect(throws: CaptureError.self) { try writer.addInterface(Self.cooked) }
        #expect(
            mixed?.description
                == "\(file.path): a pcap has one link type, not EN10MB and LINUX_SLL: "
                + "choose a name that ends in .pcapng"
        )
        let long = #expect(throws: CaptureError.self) {
            try Self.write(&writer, Self.frame(0), CaptureBytes.payload(262_145))
        }
        #expect(long?.reason == .unsupported)
        let missing = #expect(throws: CaptureError.self) {
            _ = try CaptureWriter(path: "/nonexistent/x.pcap")
        }
        #expect(missing?.reason == .system(ENOENT))
        let error = #expect(throws: CaptureError.self) {
            let full = try CaptureWriter(path: "/dev/full", format: .pcap)
            try full.close()
        }
        #expect(error?.description == "/dev/full: No space left on device")
    }

    @Test("the file name's ending decides")
    func endings() {
        #expect(CaptureFileFormat(path: "a.PcapNG") == .pcapng)
        #expect(CaptureFileFormat(path: "a.pcap") == .pcap)
        #expect(CaptureFileFormat(path: "-") == .pcap)
    }
}
