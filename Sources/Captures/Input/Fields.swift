extension RawSpan {
    /// The bounds-checked integer at a byte offset; `swapped` when it isn't in the host's byte order.
    @inline(__always)
    func uint16(_ offset: Int, swapped: Bool) -> UInt16 {
        let value = unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)
        return swapped ? value.byteSwapped : value
    }

    @inline(__always)
    func uint32(_ offset: Int, swapped: Bool) -> UInt32 {
        let value = unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
        return swapped ? value.byteSwapped : value
    }

    @inline(__always)
    func uint64(_ offset: Int, swapped: Bool) -> UInt64 {
        let value = unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
        return swapped ? value.byteSwapped : value
    }

    /// At most `limit` bytes at `range` as text; damaged UTF-8 is repaired, a terminating NUL is dropped.
    func text(_ range: Range<Int>, limit: Int) -> String {
        let bytes = extracting(range.lowerBound..<min(range.upperBound, range.lowerBound + limit))
        return bytes.withUnsafeBytes { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
