import Captures
import Glibc
import Packets
import Testing

@Suite struct CompressionTests {
    static let plain: [UInt8] = {
        var file = CaptureBytes.pcap()
        for index in 1...300 { file.record(CaptureBytes.payload(1000, seed: index)) }
        return file.bytes
    }()

    /// libzstd is found at run time only.
    static let hasZstd = dlopen("libzstd.so.1", RTLD_NOW) != nil

    @Test("gzip, of one member and of several, with padding behind")
    func gzip() throws {
        let expected = try ReadCapture(Self.plain).entries
        #expect(expected.count == 300)
        let half = Self.plain.count / 2
        let files = [
            CompressedBytes.gzip(Self.plain),
            CompressedBytes.gzip(Array(Self.plain.prefix(half))) + CompressedBytes.gzip([])
                + CompressedBytes.gzip(Array(Self.plain.dropFirst(half))),
            CompressedBytes.gzip(Self.plain) + [0, 0, 0],
        ]
        for file in files {
            let capture = try ReadCapture(file)
            #expect(capture.error == nil)
            #expect(capture.entries == expected)
        }
    }

    @Test("zstd, of one frame and of several", .enabled(if: hasZstd, "libzstd.so.1 isn't installed"))
    func zstd() throws {
        let expected = try ReadCapture(Self.plain).entries
        let half = Self.plain.count / 2
        let files = [
            CompressedBytes.zstd(Self.plain),
            // A skippable frame of two bytes in front.
            [0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 1] + CompressedBytes.zstd(Array(Self.plain.prefix(half)))
                + CompressedBytes.zstd(Array(Self.plain.dropFirst(half))),
        ]
        for file in files {
            let capture = try ReadCapture(file)
            #expect(capture.error == nil)
            #expect(capture.entries == expected)
        }
    }

    @Test("a compressed pcapng streams through the native reader")
    func pcapng() throws {
        var file = PcapngTests.file(options: [(2, Array("eth0".utf8))])
        file.enhancedPacket([1, 2, 3])
        let capture = try ReadCapture(CompressedBytes.gzip(file.bytes))
        #expect(capture.interfaces.first?.name == "eth0")
        #expect(capture.entries.map(\.bytes) == [[1, 2, 3]])
    }

    @Test("damaged compressed data gives the frames before the damage")
    func damage() throws {
        let whole = try ReadCapture(Self.plain).entries
        let gzip = CompressedBytes.gzip(Self.plain)
        var badChecksum = gzip
        badChecksum[gzip.count - 8] ^= 1
        var badBlock = gzip
        // The length of the fourth stored block: 180,000 of the 304,824 bytes are whole.
        badBlock[10 + 3 * 60_005 + 1] ^= 1
        let cases: [([UInt8], CaptureError.Reason, Int)] = [
            (Array(gzip.prefix(gzip.count / 2)), .truncated, 149), (badBlock, .corrupt, 177),
            (badChecksum, .corrupt, 300), (gzip + [1, 2, 3], .corrupt, 300),
            (Array(gzip.dropLast(3)), .truncated, 300), (gzip + [0x1f, 0x8b], .truncated, 300),
        ]
        for (bytes, reason, count) in cases {
            let capture = try ReadCapture(bytes)
            #expect(capture.error?.reason == reason)
            #expect(capture.entries.count == count)
            #expect(capture.entries == Array(whole.prefix(count)))
            #expect(capture.error?.offsetIsDecompressed == true)
            #expect(capture.error?.description.contains("of the decompressed data") == true)
        }
        let header = try ReadCapture(Array(gzip.prefix(5)))
        #expect(header.error?.reason == .truncated)
        #expect(header.error?.offsetIsDecompressed == true)
        #expect(try ReadCapture(CompressedBytes.gzip([])).error?.reason == .empty)
        #expect(try ReadCapture(CompressedBytes.gzip([1, 2, 3, 4])).error?.reason == .notACapture)
        #expect(try ReadCapture(CompressedBytes.gzip(gzip)).error?.reason == .unsupported)
    }

    @Test("damaged zstd data too", .enabled(if: hasZstd, "libzstd.so.1 isn't installed"))
    func zstdDamage() throws {
        let whole = try ReadCapture(Self.plain).entries
        let zstd = CompressedBytes.zstd(Self.plain)
        let cases: [([UInt8], CaptureError.Reason)] = [
            (Array(zstd.prefix(zstd.count / 2)), .truncated), (Array(zstd.dropLast(1)), .truncated),
            (zstd + [1, 2, 3, 4, 5, 6], .corrupt),
        ]
        for (bytes, reason) in cases {
            let capture = try ReadCapture(bytes)
            #expect(capture.error?.reason == reason)
            #expect(capture.entries.count > 100)
            #expect(capture.entries == Array(whole.prefix(capture.entries.count)))
        }
    }

    @Test("64 MiB out of 2 KiB stream through", .enabled(if: hasZstd, "libzstd.so.1 isn't installed"))
    func bomb() throws {
        let file = try TemporaryFile(CompressedBytes.zstd(CaptureBytes.pcap().bytes, zeros: 512))
        var reader = try CaptureReader(path: file.path)
        var count = 0
        while let frame = try reader.next() {
            if frame.originalLength == 0 { count += 1 }
        }
        // A header of 16 zeros is a frame without bytes.
        #expect(count == 512 * (128 << 10) / 16)
        #expect(reader.progress.bytesRead == 2081)
        #expect(reader.progress.bytesTotal == 2081)
    }

    @Test("a descriptor is read from where it stands, a pipe too")
    func descriptors() throws {
        let file = try TemporaryFile([1, 2, 3] + Self.plain)
        let descriptor = open(file.path, O_RDONLY)
        defer { close(descriptor) }
        lseek(descriptor, 3, SEEK_SET)
        var reader = try CaptureReader(descriptor: descriptor, name: "standard input")
        #expect(try reader.next()?.originalLength == 1000)
        #expect(reader.byteOffset == 24)
        #expect(reader.frameCount == 1)
        #expect(reader.progress.bytesTotal == UInt64(Self.plain.count))

        var ends: [CInt] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let start = Self.plain.prefix(3000)
        #expect(start.withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) } == 3000)
        close(ends[1])
        var piped = try CaptureReader(descriptor: ends[0], name: "standard input")
        #expect(piped.progress.bytesTotal == nil)
        #expect(try piped.next() != nil)
        #expect(try piped.next() != nil)
        let error = #expect(throws: CaptureError.self) { try piped.next() }
        #expect(
            error?.description
                == "standard input: the file ends inside a record: it has 1016 bytes, 944 are there "
                + "(at byte 2056)"
        )
    }
}
