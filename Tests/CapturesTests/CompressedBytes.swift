/// Compressed files made without a compressor, from each format's uncompressed blocks.
enum CompressedBytes {
    /// One gzip member (RFC 1952) of stored blocks (RFC 1951, section 3.2.4).
    static func gzip(_ data: [UInt8]) -> [UInt8] {
        var file: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
        var rest = data[...]
        repeat {
            let piece = rest.prefix(60_000)
            rest = rest.dropFirst(piece.count)
            file.append(rest.isEmpty ? 1 : 0)
            file += littleEndian(UInt16(piece.count)) + littleEndian(~UInt16(piece.count)) + piece
        } while !rest.isEmpty
        return file + littleEndian(checksum(data)) + littleEndian(UInt32(data.count))
    }

    /// One zstd frame (RFC 8878) of raw blocks, and after them `zeros` × 128 KiB of zeros in 4 bytes each.
    static func zstd(_ data: [UInt8], zeros: Int = 0) -> [UInt8] {
        // No flags; a window of 128 KiB (section 3.1.1.1.2: exponent 7 above 10).
        var file: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3]
        var rest = data[...]
        repeat {
            let piece = rest.prefix(60_000)
            rest = rest.dropFirst(piece.count)
            let isLast: UInt32 = rest.isEmpty && zeros == 0 ? 1 : 0
            file += littleEndian(UInt32(piece.count) << 3 | isLast).prefix(3) + piece
        } while !rest.isEmpty
        for index in 0..<zeros {
            let isLast: UInt32 = index == zeros - 1 ? 1 : 0
            file += littleEndian((128 << 10) << 3 | 1 << 1 | isLast).prefix(3) + [0]
        }
        return file
    }

    private static func littleEndian<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private static func checksum(_ data: [UInt8]) -> UInt32 {
        var sum: UInt32 = .max
        for byte in data {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
        }
        return ~sum
    }
}
