/// The fixed fields of a packet block. The initializers take a whole block and return nil for one that is too
/// short.
struct PcapngPacket: BitwiseCopyable {
    /// The interface's number in the section.
    var interface: Int
    /// 0 where the block has no time.
    var ticks: UInt64
    /// Nil where the block doesn't say: then the frame is cut at the snapshot length only.
    var captured: UInt32?
    var original: UInt32
    /// Where the frame's bytes begin.
    var start: Int
    var mayHaveOptions: Bool

    /// draft-ietf-opsawg-pcapng, section 4.3.
    @inline(__always)
    init?(enhanced block: RawSpan, swapped: Bool) {
        guard block.byteCount >= 28 else { return nil }
        interface = Int(block.uint32(8, swapped: swapped))
        ticks = Self.ticks(block, swapped: swapped)
        captured = block.uint32(20, swapped: swapped)
        original = block.uint32(24, swapped: swapped)
        start = 28
        mayHaveOptions = true
    }

    /// Section A: obsolete, still read.
    init?(old block: RawSpan, swapped: Bool) {
        self.init(enhanced: block, swapped: swapped)
        interface = Int(block.uint16(8, swapped: swapped))
    }

    /// Section 4.4: always of the first interface.
    init?(simple block: RawSpan, swapped: Bool) {
        guard block.byteCount >= 12 else { return nil }
        interface = 0
        ticks = 0
        captured = nil
        original = block.uint32(8, swapped: swapped)
        start = 12
        mayHaveOptions = false
    }

    @inline(__always)
    private static func ticks(_ block: RawSpan, swapped: Bool) -> UInt64 {
        UInt64(block.uint32(12, swapped: swapped)) << 32 | UInt64(block.uint32(16, swapped: swapped))
    }
}
