/// Walks the options at the end of a block.
struct PcapngOptions {
    private var offset: Int
    private let swapped: Bool

    /// - Parameter offset: where the options begin in the block.
    init(at offset: Int, swapped: Bool) {
        self.offset = offset
        self.swapped = swapped
    }

    struct Option {
        var code: UInt16
        /// The value's bytes in the block, without padding.
        var value: Range<Int>
    }

    enum Step {
        case option(Option)
        case end
        /// An option reaches out of the block.
        case damaged
    }

    /// - Parameter block: the block without its trailing length.
    mutating func next(in block: RawSpan) -> Step {
        let left = block.byteCount - offset
        if left == 0 { return .end }
        guard left >= 4 else { return .damaged }
        let code = block.uint16(offset, swapped: swapped)
        let length = Int(block.uint16(offset + 2, swapped: swapped))
        let padded = (length + 3) & ~3
        guard padded <= left - 4 else { return .damaged }
        let start = offset + 4
        offset = start + padded
        // The code 0 ends the list, its length is 0 (libpcap checks that where it reads options).
        if code == PcapngOptionCode.end { return length == 0 ? .end : .damaged }
        return .option(Option(code: code, value: start..<start + length))
    }
}
