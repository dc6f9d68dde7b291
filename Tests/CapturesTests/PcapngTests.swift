import Captures
import Packets
import Testing

@Suite struct PcapngTests {
    static func file(isBigEndian: Bool = false, options: [CaptureBytes.Option] = []) -> CaptureBytes {
        var file = CaptureBytes(isBigEndian: isBigEndian)
        file.section()
        file.interface(options: options)
        return file
    }

    @Test("interfaces say their name, link type, snapshot length and clock", arguments: [false, true])
    func interfaces(isBigEndian: Bool) throws {
        var file = CaptureBytes(isBigEndian: isBigEndian)
        file.section(minor: 2)
        file.interface(
            linkType: 1, snapLength: 96,
            options: [
                (2, Array("eth0".utf8)), (3, Array("to the left".utf8)), (9, [9]),
                (11, [0] + Array("tcp port 80".utf8)),
            ])
        file.interface(linkType: 113, options: [(2, Array("any\0".utf8)), (11, [1, 2, 3, 4])])
        file.enhancedPacket(interface: 1, [1, 2, 3])
        let capture = try ReadCapture(file.bytes)
        #expect(capture.error == nil)
        #expect(
            capture.interfaces == [
                CaptureInterface(
                    name: "eth0", description: "to the left", filter: "tcp port 80",
                    linkType: LinkType(rawValue: 1), snapLength: 96, resolution: .nanoseconds),
                CaptureInterface(
                    name: "any", linkType: LinkType(rawValue: 113), snapLength: 262_144,
                    resolution: .microseconds),
            ])
        #expect(capture.entries.map(\.interface) == [1])
        #expect(capture.entries.map(\.linkType) == [113])
        #expect(capture.entries.map(\.bytes) == [[1, 2, 3]])
    }

    struct Clock: Sendable {
        var resolution: UInt8?
        var offset: Int64 = 0
        var ticks: UInt64
        var nanoseconds: Int64?
    }

    @Test(
        "if_tsresol and if_tsoffset",
        arguments: [
            Clock(ticks: 1_500_000, nanoseconds: 1_500_000_000),
            Clock(resolution: 0, ticks: 7, nanoseconds: 7_000_000_000),
            Clock(resolution: 3, ticks: 1_234, nanoseconds: 1_234_000_000),
            Clock(resolution: 9, ticks: 1_234, nanoseconds: 1_234),
            Clock(resolution: 12, ticks: 1_999_999, nanoseconds: 1_999),
            Clock(resolution: 19, ticks: .max, nanoseconds: 1_844_674_407),
            Clock(resolution: 0x80 | 10, ticks: 1_536, nanoseconds: 1_500_000_000),
            Clock(resolution: 0x80 | 32, ticks: 3 << 31, nanoseconds: 1_500_000_000),
            Clock(resolution: 0x80 | 63, ticks: 3 << 62, nanoseconds: 1_500_000_000),
            Clock(resolution: 9, offset: 100, ticks: 5, nanoseconds: 100_000_000_005),
            Clock(resolution: 6, offset: -2, ticks: 5, nanoseconds: -1_999_995_000),
            Clock(resolution: 0, ticks: .max >> 1, nanoseconds: .max),
            Clock(resolution: 6, offset: .min, ticks: 5, nanoseconds: .min),
            Clock(resolution: 20, ticks: 5, nanoseconds: nil),
            Clock(resolution: 0x80 | 64, ticks: 5, nanoseconds: nil),
        ])
    func clocks(clock: Clock) throws {
        var options: [CaptureBytes.Option] = []
        if let resolution = clock.resolution { options.append((9, [resolution])) }
        if clock.offset != 0 {
            options.append((14, withUnsafeBytes(of: clock.offset.littleEndian) { Array($0) }))
        }
        var file = Self.file(options: options)
        file.enhancedPacket(ticks: clock.ticks, [1])
        let capture = try ReadCapture(file.bytes)
        #expect(capture.entries.first?.time == clock.nanoseconds)
        #expect((capture.error == nil) == (clock.nanoseconds != nil))
    }

    @Test("epb_flags and the flags of the old packet block tell the direction")
    func directions() throws {
        for isBigEndian in [false, true] {
            var file = Self.file(isBigEndian: isBigEndian)
            for flags in [0, 1, 2, 3, 0x1f_fffd] as [UInt32] {
                let value = withUnsafeBytes(of: isBigEndian ? flags.bigEndian : flags.littleEndian) {
                    Array($0)
                }
                file.enhancedPacket([1, 2, 3, 4, 5], options: [(2, value)])
                file.oldPacket(interface: 0, ticks: 9, [1, 2, 3], options: [(2, value)])
            }
            file.enhancedPacket([1], options: [(2, [1, 0])])
            let capture = try ReadCapture(file.bytes)
            #expect(capture.error == nil)
            let expected: [FrameDirection] = [.unknown, .inbound, .outbound, .unknown, .inbound]
            #expect(capture.entries.map(\.direction) == expected.flatMap { [$0, $0] } + [.unknown])
        }
    }

    @Test("a simple packet block is cut at the snapshot length, and has no time")
    func simplePackets() throws {
        var file = CaptureBytes()
        file.section()
        file.interface(snapLength: 6)
        file.simplePacket(original: 100, CaptureBytes.payload(6))
        file.simplePacket(original: 5, CaptureBytes.payload(5))
        let capture = try ReadCapture(file.bytes)
        #expect(capture.entries.map(\.bytes.count) == [6, 5])
        #expect(capture.entries.map(\.original) == [100, 5])
        #expect(capture.entries.map(\.time) == [0, 0])
        #expect(capture.error == nil)
    }

    @Test("sections have their own byte order and interfaces")
    func sections() throws {
        var file = CaptureBytes()
        file.section(options: [(1, Array("first".utf8))])
        file.interface(linkType: 1, options: [(2, Array("a".utf8))])
        file.enhancedPacket([1])
        file.isBigEndian = true
        file.section(options: [(1, Array("second".utf8))])
        file.interface(linkType: 101, options: [(2, Array("b".utf8)), (1, Array("an interface".utf8))])
        file.enhancedPacket([2])
        file.isBigEndian = false
        file.section()
        file.enhancedPacket([3])
        let capture = try ReadCapture(file.bytes)
        #expect(capture.entries.map(\.bytes) == [[1], [2]])
        #expect(capture.entries.map(\.interface) == [0, 1])
        #expect(capture.entries.map(\.linkType) == [1, 101])
        #expect(capture.interfaces.map(\.name) == ["a", "b"])
        #expect(capture.error?.reason == .corrupt, "the third section has no interface")
        #expect(capture.comments.map(\.subject) == [.section, .section, .interface(1)])
        #expect(capture.comments.map(\.text) == ["first", "second", "an interface"])
    }

    @Test("other blocks are skipped: name resolution, statistics, secrets, custom, unknown")
    func otherBlocks() throws {
        var file = Self.file()
        for type in [4, 5, 7, 10, 0xbad, 0x4000_0bad, 0x8000_0001] as [UInt32] {
            file.block(type) { $0.bytes += CaptureBytes.payload(40) }
            file.block(type) { _ in }
        }
        file.enhancedPacket([1])
        let capture = try ReadCapture(file.bytes)
        #expect(capture.entries.count == 1)
        #expect(capture.error == nil)
    }

    @Test("comments are kept up to a bound, and counted above")
    func comments() throws {
        var file = Self.file()
        let long = [UInt8](repeating: 65, count: 5000)
        for _ in 0..<1003 { file.enhancedPacket([1], options: [(1, long)]) }
        let capture = try ReadCapture(file.bytes)
        #expect(capture.comments.count == 1000)
        #expect(capture.omittedComments == 3)
        #expect(capture.comments.last?.subject == .frame(1000))
        #expect(capture.comments.last?.text.utf8.count == 1024)
    }
}
