/// Reading bytes of the wire: nothing behind `end` (an offset in the span, which may lie beyond it) is read.
extension RawSpan {
    func uint8(at offset: Int, before end: Int) -> UInt8? {
        guard offset >= 0, offset < Swift.min(end, byteCount) else { return nil }
        return unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
    }

    /// Big-endian, as all of these.
    func uint16(at offset: Int, before end: Int) -> UInt16? {
        guard offset >= 0, offset <= Swift.min(end, byteCount) &- 2 else { return nil }
        return UInt16(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    func uint32(at offset: Int, before end: Int) -> UInt32? {
        guard offset >= 0, offset <= Swift.min(end, byteCount) &- 4 else { return nil }
        return UInt32(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    func uint128(at offset: Int, before end: Int) -> UInt128? {
        guard offset >= 0, offset <= Swift.min(end, byteCount) &- 16 else { return nil }
        return UInt128(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt128.self))
    }
}
