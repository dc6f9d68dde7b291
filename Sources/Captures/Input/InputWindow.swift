/// The stretch of a capture that is in memory: what was read and isn't consumed yet.
///
/// The buffer starts at 256 KiB (measured on plain pcap: smaller pays for system calls, larger leaves the
/// second-level cache) and grows only to hold one record; the readers bound how long a record may be.
struct InputWindow: ~Copyable {
    let input: any ByteInput
    private var base: UnsafeMutableRawPointer
    private var capacity = 256 << 10
    /// 0 ≤ start ≤ end ≤ capacity, so their differences don't overflow and aren't checked: that takes a
    /// quarter off the instructions of a packet.
    private var start = 0
    private var end = 0
    private var baseOffset: UInt64 = 0

    init(_ input: any ByteInput) {
        self.input = input
        self.base = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit {
        base.deallocate()
    }

    /// Where the next unconsumed byte is in the whole stream.
    var offset: UInt64 { baseOffset &+ UInt64(truncatingIfNeeded: start) }

    var available: Int { end &- start }

    /// Whether the next `count` bytes exist; afterwards they are in memory. Pointers from before are void.
    @inline(__always)
    mutating func has(_ count: Int) throws(CaptureError) -> Bool {
        if available >= count { return true }
        return try fill(count)
    }

    /// The next `count` bytes, which must be available; valid until the next `has`.
    @inline(__always)
    func next(_ count: Int) -> UnsafeMutableRawBufferPointer {
        precondition(count <= available)
        return UnsafeMutableRawBufferPointer(start: base + start, count: count)
    }

    @inline(__always)
    mutating func consume(_ count: Int) {
        precondition(count <= available)
        start &+= count
    }

    @inline(never)
    private mutating func fill(_ count: Int) throws(CaptureError) -> Bool {
        let kept = available
        if count > capacity {
            let grown = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
            grown.copyMemory(from: base + start, byteCount: kept)
            base.deallocate()
            base = grown
            capacity = count
        } else if kept > 0 {
            base.copyMemory(from: base + start, byteCount: kept)
        }
        baseOffset += UInt64(start)
        start = 0
        end = kept
        while end < count {
            let space = UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end)
            let read: Int
            do {
                read = try input.read(into: space)
            } catch {
                var located = error
                located.offset = baseOffset + UInt64(end)
                throw located
            }
            if read == 0 { return false }
            end += read
        }
        return true
    }
}
