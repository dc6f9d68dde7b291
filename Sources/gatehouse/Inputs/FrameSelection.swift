import Captures

/// Which frames of the captures `--filter`, `--skip` and `--count` leave.
struct FrameSelection {
    private var filter: FrameFilter?
    private let skip: UInt64
    private let count: UInt64
    private var passed: UInt64 = 0
    private var taken: UInt64 = 0

    init(_ options: CaptureOptions) {
        filter = options.filter.map(FrameFilter.init)
        skip = options.skip
        count = options.count ?? .max
    }

    /// Whether there is nothing more to take.
    var isFull: Bool { taken >= count }

    /// - Parameter item: the stream's current one.
    mutating func takes(_ item: CaptureStream.Item, _ stream: borrowing CaptureStream) throws -> Bool {
        if var filter {
            let matches = try stream.withBytes { bytes in try filter.matches(item.frame, bytes) }
            self.filter = filter
            if !matches { return false }
        }
        guard passed >= skip else {
            passed += 1
            return false
        }
        taken += 1
        return true
    }
}
