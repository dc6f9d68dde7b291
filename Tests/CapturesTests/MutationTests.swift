import Captures
import Testing

/// Damaged files of any kind: they never crash the reader, and what it reads of them is what libpcap reads.
@Suite struct MutationTests {
    /// SplitMix64, so that a seed says which files were tried.
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = state
            word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return word ^ (word >> 31)
        }
    }

    static let seeds: [[UInt8]] = {
        var files = DamageTests.whole.map(\.bytes)
        for isBigEndian in [false, true] {
            var nflog = CaptureBytes.pcap(isBigEndian: isBigEndian, linkType: 239)
            nflog.record([2, 0, 0, 0, 0, 8, 0, 9, 1, 2, 3, 4, 0, 6, 0, 1, 7, 7, 0, 0])
            nflog.record([2, 0, 0, 0, 0, 4, 0, 9, 0, 4])
            files.append(nflog.bytes)
            var kuznetzov = CaptureBytes.pcap(magic: 0xa1b2_cd34, isBigEndian: isBigEndian, version: (2, 3))
            kuznetzov.record(original: 90, CaptureBytes.payload(9), extra: 8)
            kuznetzov.record(CaptureBytes.payload(5), extra: 8)
            files.append(kuznetzov.bytes)
            var blocks = CaptureBytes(isBigEndian: isBigEndian)
            blocks.section(options: [(1, [65, 66])])
            blocks.interface(snapLength: 40, options: [(9, [9]), (14, [0, 0, 0, 0, 0, 0, 0, 1])])
            blocks.interface(snapLength: 40, options: [(9, [0x8a]), (2, [65])])
            blocks.simplePacket(original: 50, CaptureBytes.payload(40))
            blocks.enhancedPacket(
                interface: 1, CaptureBytes.payload(3), options: [(2, [1, 0, 0, 0]), (1, [65])])
            blocks.block(5) { $0.u64(0) }
            blocks.oldPacket(interface: 1, ticks: 77, CaptureBytes.payload(21))
            blocks.section()
            blocks.interface(snapLength: 40)
            blocks.enhancedPacket(CaptureBytes.payload(4))
            files.append(blocks.bytes)
        }
        return files
    }()

    /// Fields are where damage tells: numbers at the edges of their types, near the lengths of the file.
    static func mutate(_ bytes: inout [UInt8], _ random: inout Generator) {
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            guard bytes.count >= 4 else { return }
            let place = Int.random(in: 0...bytes.count - 4, using: &random) & ~3
            switch Int.random(in: 0..<8, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = .random(in: 0...255, using: &random)
            case 2: bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
            case 3: bytes.removeSubrange(place..<place + 4)
            case 4: bytes.insert(contentsOf: bytes[place..<place + 4], at: place)
            case 5: bytes.replaceSubrange(place..<place + 4, with: [255, 255, 255, 255])
            case 6: bytes.replaceSubrange(place..<place + 4, with: [0, 0, 0, 0])
            default:
                let small = UInt8.random(in: 0...64, using: &random)
                bytes.replaceSubrange(
                    place..<place + 4,
                    with: Bool.random(using: &random) ? [small, 0, 0, 0] : [0, 0, 0, small])
            }
        }
    }

    @Test("damaged captures read as libpcap reads them", arguments: 0..<8)
    func damaged(seed: Int) throws {
        var random = Generator(state: UInt64(seed))
        let file = try TemporaryFile()
        for round in 0..<1000 {
            let original = Self.seeds[round % Self.seeds.count]
            var bytes = original
            Self.mutate(&bytes, &random)
            try file.replace(bytes)
            let difference = LibpcapComparison.difference(path: file.path)
            try #require(difference == nil, "seed \(seed), round \(round): \(bytes)")
        }
    }

    @Test("damaged compressed captures give a beginning of the frames, or what the damage made of them")
    func damagedCompression() throws {
        var random = Generator(state: 99)
        let file = try TemporaryFile()
        let plain = DamageTests.whole[0].bytes
        for seed in [CompressedBytes.gzip(plain), CompressedBytes.zstd(plain)] {
            for _ in 0..<500 {
                var bytes = seed
                Self.mutate(&bytes, &random)
                try file.replace(bytes)
                let capture = ReadCapture(path: file.path)
                let count = capture.entries.reduce(0) { $0 + 16 + $1.bytes.count }
                #expect(count <= bytes.count + 16)
            }
        }
    }
}
