public import Packets

/// Merges captures by time, one frame in memory for each. At equal times the capture added first goes first.
/// A capture's own frames keep their order, even where its clock steps back.
public struct CaptureMerger: ~Copyable {
    /// A capture that broke off: its frames before that were given out.
    public struct Fault: Error, Hashable, Sendable {
        /// The number that `add` returned.
        public var source: Int
        public var error: CaptureError
    }

    /// The first frame of a capture that hasn't been given out.
    private struct Head: BitwiseCopyable {
        var frame: Frame
        var source: Int

        @inline(__always)
        static func < (a: Head, b: Head) -> Bool {
            a.frame.timestamp == b.frame.timestamp
                ? a.source < b.source : a.frame.timestamp < b.frame.timestamp
        }
    }

    /// The captures in raw memory: in an Array of classes that held them merging took 45 ns a packet, so it
    /// takes 8.
    private var readers: UnsafeMutablePointer<CaptureReader>
    private var capacity = 4
    private var count = 0
    /// A binary heap, the earliest first.
    private var heads: [Head] = []
    /// Whether the frame of `heads[0]` was given out, and is to be replaced by its capture's next.
    private var isCurrentUsed = false
    public private(set) var faults: [Fault] = []

    @usableFromInline var frameBytes = UnsafeRawBufferPointer(start: nil, count: 0)

    public init() {
        readers = .allocate(capacity: capacity)
    }

    deinit {
        readers.deinitialize(count: count)
        readers.deallocate()
    }

    /// Adds a capture and returns its number, from 0. Call it before the first `next`.
    public mutating func add(_ reader: consuming CaptureReader) -> Int {
        precondition(!isCurrentUsed, "add captures before reading")
        if count == capacity {
            let larger = UnsafeMutablePointer<CaptureReader>.allocate(capacity: 2 * capacity)
            larger.moveInitialize(from: readers, count: count)
            readers.deallocate()
            readers = larger
            capacity *= 2
        }
        let source = count
        (readers + source).initialize(to: reader)
        count += 1
        if let frame = frame(of: source) {
            heads.append(Head(frame: frame, source: source))
            siftUp()
        }
        return source
    }

    /// The next frame and the number of its capture; nil when all have ended. Captures that broke off are in
    /// `faults`.
    public mutating func next() -> (frame: Frame, source: Int)? {
        if isCurrentUsed { replaceFirst() }
        isCurrentUsed = !heads.isEmpty
        guard isCurrentUsed else {
            frameBytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return nil
        }
        let first = heads[0]
        frameBytes = readers[first.source].frameBytes
        return (first.frame, first.source)
    }

    /// Gives the captured bytes of the frame that `next` returned.
    @inlinable
    public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(frameBytes.bytes)
    }

    /// A capture's next frame; nil at its end and at a fault.
    private mutating func frame(of source: Int) -> Frame? {
        do throws(CaptureError) {
            return try readers[source].next()
        } catch {
            faults.append(Fault(source: source, error: error))
            return nil
        }
    }

    /// The interfaces that a capture has told of so far.
    /// - Parameter source: what `add` returned.
    public func interfaces(of source: Int) -> [CaptureInterface] {
        precondition(source >= 0 && source < count, "a capture that wasn't added")
        return readers[source].interfaces
    }

    /// Bytes read of all captures, and their sizes; no total if one's isn't known.
    public var progress: CaptureProgress {
        var sum = CaptureProgress(bytesRead: 0, bytesTotal: 0)
        for source in 0..<count {
            let progress = readers[source].progress
            sum.bytesRead += progress.bytesRead
            sum.bytesTotal = sum.bytesTotal.flatMap { total in progress.bytesTotal.map { total + $0 } }
        }
        return sum
    }

    private mutating func replaceFirst() {
        if let frame = frame(of: heads[0].source) {
            heads[0].frame = frame
        } else {
            let last = heads.removeLast()
            if heads.isEmpty { return }
            heads[0] = last
        }
        siftDown()
    }

    private mutating func siftUp() {
        var child = heads.count - 1
        while child > 0, heads[child] < heads[(child - 1) / 2] {
            heads.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while 2 * parent + 1 < heads.count {
            var child = 2 * parent + 1
            if child + 1 < heads.count, heads[child + 1] < heads[child] { child += 1 }
            guard heads[child] < heads[parent] else { return }
            heads.swapAt(parent, child)
            parent = child
        }
    }
}
