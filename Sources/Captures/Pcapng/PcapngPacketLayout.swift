/// Where the three kinds of packet blocks keep their fields (draft-ietf-opsawg-pcapng, sections 4.3, 4.4 and A).
/// Spans are whole blocks, of at least `headerLength` bytes.
enum PcapngPacketLayout {
    case enhanced, simple, old

    /// Bytes before the frame's.
    @inline(__always)
    var headerLength: Int { self == .simple ? 12 : 28 }

    @inline(__always)
    var hasOptions: Bool { self != .simple }

    /// The interface's number in the section.
    @inline(__always)
    func interface(_ block: RawSpan, swapped: Bool) -> Int {
        switch self {
        case .enhanced: Int(block.uint32(8, swapped: swapped))
        case .simple: 0
        case .old: Int(block.uint16(8, swapped: swapped))
        }
    }

    @inline(__always)
    func ticks(_ block: RawSpan, swapped: Bool) -> UInt64 {
        if self == .simple { return 0 }
        let high = UInt64(block.uint32(12, swapped: swapped))
        return high << 32 | UInt64(block.uint32(16, swapped: swapped))
    }

    /// Nil where the block doesn't say: then it is cut at the snapshot length only.
    @inline(__always)
    func capturedLength(_ block: RawSpan, swapped: Bool) -> UInt32? {
        self == .simple ? nil : block.uint32(20, swapped: swapped)
    }

    @inline(__always)
    func originalLength(_ block: RawSpan, swapped: Bool) -> UInt32 {
        block.uint32(self == .simple ? 8 : 24, swapped: swapped)
    }
}
