import Captures
import Testing

@Suite struct DamageTests {
    @Test("what is no capture says so")
    func noCaptures() throws {
        let cases: [([UInt8], CaptureError.Reason)] = [
            ([], .empty), ([1], .notACapture), (Array("#!/bin/sh\n".utf8), .notACapture),
            ([0x0a, 0x0d, 0x0d, 0x0a], .notACapture), (Array("\n\r\r\nhello, world".utf8), .notACapture),
            (Array(CaptureBytes.pcap().bytes.prefix(23)), .truncated),
            ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], .unsupported), (Array("BZh91AY".utf8), .unsupported),
        ]
        for (bytes, reason) in cases {
            let file = try TemporaryFile(bytes)
            let error = ReadCapture(path: file.path).error
            #expect(error?.reason == reason, "\(bytes)")
            #expect(error?.file == file.path)
            #expect(error?.description.hasPrefix("\(file.path): ") == true)
            #expect(error?.description.contains("\n") == false)
        }
        #expect(ReadCapture(path: "/tmp").error?.description == "/tmp: is a directory")
        #expect(ReadCapture(path: "/tmp").error?.reason == .isDirectory)
        #expect(
            ReadCapture(path: "/nonexistent/x.pcap").error?.description
                == "/nonexistent/x.pcap: No such file or directory")
    }

    static let whole: [CaptureBytes] = {
        var pcap = CaptureBytes.pcap()
        var pcapng = CaptureBytes(isBigEndian: true)
        pcapng.section()
        pcapng.interface(options: [(2, Array("eth0".utf8))])
        for index in 1...3 {
            pcap.record(CaptureBytes.payload(20 * index, seed: index))
            pcapng.enhancedPacket(
                CaptureBytes.payload(20 * index, seed: index), options: [(1, Array("hello".utf8))])
        }
        return [pcap, pcapng]
    }()

    @Test("a file cut anywhere gives the frames before the cut, and where it is", arguments: [0, 1])
    func cuts(which: Int) throws {
        let bytes = Self.whole[which].bytes
        let file = try TemporaryFile(bytes)
        let all = ReadCapture(path: file.path).entries
        #expect(all.count == 3)
        var counts: Set<Int> = []
        for length in 0..<bytes.count {
            try file.replace(Array(bytes.prefix(length)))
            let capture = ReadCapture(path: file.path)
            #expect(Array(all.prefix(capture.entries.count)) == capture.entries)
            counts.insert(capture.entries.count)
            if let offset = capture.error?.offset { #expect(offset <= length) }
            // Cut between two records, the file is whole.
            let isWhole = capture.error == nil
            if !isWhole && length >= 60 { #expect(capture.error?.reason == .truncated) }
        }
        #expect(counts == [0, 1, 2])
    }

    @Test("a record that is too long ends the file with its place")
    func longRecord() throws {
        for length in [262_145, 0x7fff_ffff, 0xffff_ffff] as [UInt32] {
            var file = CaptureBytes.pcap()
            file.record([1, 2, 3])
            file.record(captured: length, original: 5, [1, 2])
            let capture = try ReadCapture(file.bytes)
            #expect(capture.entries.count == 1)
            #expect(capture.error?.reason == .corrupt)
            #expect(capture.error?.offset == 43)
            #expect(capture.error?.offsetIsDecompressed == false)
        }
        // D-Bus may be longer; then the file is just cut off.
        var file = CaptureBytes.pcap(linkType: 231)
        file.record(captured: 262_145, [1])
        #expect(try ReadCapture(file.bytes).error?.reason == .truncated)
    }

    struct Damage: Sendable {
        var name: String
        var damage: @Sendable (inout CaptureBytes) -> Void
    }

    @Test(
        "a damaged pcapng block ends the file with its place",
        arguments: [
            Damage(name: "length 8") {
                $0.u32(6)
                $0.u32(8)
            },
            Damage(name: "length 0") {
                $0.u32(6)
                $0.u32(0)
            },
            Damage(name: "length not a multiple of 4") {
                $0.u32(6)
                $0.u32(35)
                $0.bytes += CaptureBytes.payload(40)
            },
            Damage(name: "absurd length") {
                $0.u32(6)
                $0.u32(0xffff_fffc)
                $0.bytes += CaptureBytes.payload(40)
            },
            Damage(name: "lengths differ") {
                $0.block(6) { $0.bytes += CaptureBytes.payload(40) }
                $0.bytes[$0.bytes.count - 4] ^= 4
            },
            Damage(name: "packet too short") { $0.block(6) { $0.u32(0) } },
            Damage(name: "more captured than in the block") { $0.enhancedPacket(captured: 5, [1, 2, 3]) },
            Damage(name: "more captured than 32 bits add") { $0.enhancedPacket(captured: .max, [1, 2, 3]) },
            Damage(name: "no such interface") { $0.enhancedPacket(interface: 1, [1, 2, 3]) },
            Damage(name: "no such interface, 32 bits") { $0.enhancedPacket(interface: .max, [1, 2, 3]) },
            Damage(name: "over the snapshot length") { $0.enhancedPacket(CaptureBytes.payload(101)) },
            Damage(name: "simple packet of nothing") { $0.simplePacket(original: 50, [1, 2]) },
            Damage(name: "section without byte order") {
                $0.block(0x0a0d_0d0a) { $0.bytes += CaptureBytes.payload(16) }
            },
            Damage(name: "short section") { $0.block(0x0a0d_0d0a) { $0.u32(0x1a2b_3c4d) } },
            Damage(name: "short interface") { $0.block(1) { $0.u32(1) } },
            Damage(name: "option out of the block") {
                $0.block(1) {
                    $0.u64(1)
                    $0.u16(2)
                    $0.u16(99)
                }
            },
            Damage(name: "if_tsresol of 2 bytes") { $0.interface(options: [(9, [6, 6])]) },
            Damage(name: "if_tsresol twice") { $0.interface(options: [(9, [6]), (9, [6])]) },
            Damage(name: "if_tsoffset of 4 bytes") { $0.interface(options: [(14, [0, 0, 0, 0])]) },
        ])
    func blocks(damage: Damage) throws {
        var file = CaptureBytes()
        file.section()
        file.interface(snapLength: 100)
        file.enhancedPacket([1, 2, 3])
        let offset = UInt64(file.bytes.count)
        damage.damage(&file)
        file.enhancedPacket([4])
        let capture = try ReadCapture(file.bytes)
        #expect(capture.entries.map(\.bytes) == [[1, 2, 3]], "\(damage.name)")
        #expect(capture.error?.reason == .corrupt, "\(damage.name)")
        #expect(capture.error?.offset == offset, "\(damage.name)")
    }

    @Test("a version that isn't known, and a file of nothing but a section")
    func versions() throws {
        var file = CaptureBytes()
        file.section(minor: 1)
        #expect(try ReadCapture(file.bytes).error?.reason == .unsupported)
        file = CaptureBytes()
        file.section()
        #expect(try ReadCapture(file.bytes).error?.reason == .corrupt)
        file.enhancedPacket([1])
        #expect(try ReadCapture(file.bytes).error?.offset == 28)
    }

    @Test("interfaces without end don't fill the memory")
    func manyInterfaces() throws {
        var file = CaptureBytes()
        file.section()
        for _ in 0...65_536 { file.interface() }
        let capture = try ReadCapture(file.bytes)
        #expect(capture.interfaces.count == 65_536)
        #expect(capture.error?.reason == .corrupt)
    }
}
