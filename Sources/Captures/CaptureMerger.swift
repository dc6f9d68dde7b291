public import Packets

/// Merges captures by time, one frame in memory for each. At equal times the capture added first goes first. A
/// capture's own frames keep their order, even where its clock steps back.
public struct CaptureMerger: ~Copyable {
    /// A capture that broke off: its frames before that were given out.
    public struct Fault: Error, Hashable, Sendable {
        /// The number that `add` returned.
        public var source: Int
        public var error: CaptureError
    }

    private final class Source {
        var reader: CaptureReader
        var head: Frame

        init(_ reader: consuming CaptureReader, head: Frame) {
            self.reader = reader
            self.head = head
        }
    }

    /// A capture that has a frame, and that frame's time.
    private struct Head: BitwiseCopyable {
        var timestamp: Timestamp
        var source: Int

        static func < (a: Head, b: Head) -> Bool {
            (a.timestamp.nanoseconds, a.source) < (b.timestamp.nanoseconds, b.source)
        }
    }

    private var sources: [Source?] = []
    /// A binary heap, the earliest first.
    private var heads: [Head] = []
    /// Whether the frame of `heads[0]` was given out, and is to be replaced by its capture's next.
    private var isCurrentUsed = false
    public private(set) var faults: [Fault] = []

    public init() {}

    /// Adds a capture and returns its number, from 0. Call it before the first `next`.
    public mutating func add(_ reader: consuming CaptureReader) -> Int {
        precondition(!isCurrentUsed, "add captures before reading")
        let number = sources.count
        var reader = reader
        do {
            if let head = try reader.next() {
                sources.append(Source(reader, head: head))
                heads.append(Head(timestamp: head.timestamp, source: number))
                siftUp()
            } else {
                sources.append(nil)
            }
        } catch {
            sources.append(nil)
            faults.append(Fault(source: number, error: error))
        }
        return number
    }

    /// The next frame and the number of its capture; nil when all have ended. Captures that broke off are in
    /// `faults`.
    public mutating func next() -> (frame: Frame, source: Int)? {
        if isCurrentUsed { replaceFirst() }
        guard let first = heads.first, let source = sources[first.source] else {
            isCurrentUsed = false
            return nil
        }
        isCurrentUsed = true
        return (source.head, first.source)
    }

    /// Gives the captured bytes of the frame that `next` returned.
    public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard isCurrentUsed, let first = heads.first, let source = sources[first.source] else {
            return try body(UnsafeRawBufferPointer(start: nil, count: 0).bytes)
        }
        return try source.reader.withBytes(body)
    }

    private mutating func replaceFirst() {
        let number = heads[0].source
        guard let source = sources[number] else { return }
        do {
            if let frame = try source.reader.next() {
                source.head = frame
                heads[0].timestamp = frame.timestamp
                siftDown()
                return
            }
        } catch {
            faults.append(Fault(source: number, error: error))
        }
        sources[number] = nil
        let last = heads.removeLast()
        if !heads.isEmpty {
            heads[0] = last
            siftDown()
        }
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
