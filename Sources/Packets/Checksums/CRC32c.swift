/// The CRC of SCTP (RFC 9260, appendix A): Castagnoli polynomial, reflected, eight bytes a step.
enum CRC32c {
    /// - Parameter zeroed: an offset at which four bytes count as zero: where the checksum itself is.
    static func checksum(_ bytes: RawSpan, from start: Int, count: Int, zeroed: Int) -> UInt32 {
        var crc: UInt32 = 0xffff_ffff
        var offset = start
        let end = start + count
        while offset < end {
            if end - offset >= 8 && (offset + 8 <= zeroed || offset >= zeroed + 4) {
                let word = bytes.uint64(at: offset).byteSwapped
                let low = UInt32(truncatingIfNeeded: word) ^ crc
                let high = UInt32(truncatingIfNeeded: word >> 32)
                crc =
                    table(7, low) ^ table(6, low >> 8) ^ table(5, low >> 16) ^ table(4, low >> 24)
                    ^ table(3, high) ^ table(2, high >> 8) ^ table(1, high >> 16) ^ table(0, high >> 24)
                offset += 8
            } else {
                let byte = offset >= zeroed && offset < zeroed + 4 ? 0 : bytes.byte(at: offset)
                crc = table(0, crc ^ UInt32(byte)) ^ (crc >> 8)
                offset += 1
            }
        }
        return ~crc
    }

    private static func table(_ row: Int, _ index: UInt32) -> UInt32 { tables[row << 8 | Int(index & 0xff)] }

    /// Row n is the effect of a byte that n more bytes follow.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for index in 0..<256 {
            var crc = UInt32(index)
            for _ in 0..<8 { crc = crc & 1 != 0 ? crc >> 1 ^ 0x82f6_3b78 : crc >> 1 }
            tables[index] = crc
        }
        for index in 256..<tables.count {
            let previous = tables[index - 256]
            tables[index] = tables[Int(previous & 0xff)] ^ previous >> 8
        }
        return tables
    }()
}
