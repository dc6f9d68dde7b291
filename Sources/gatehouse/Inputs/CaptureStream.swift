import Captures
import Glibc
import Packets

/// The frames of a command's captures, merged by time; the first of them can be looked at before any is taken.
struct CaptureStream: ~Copyable {
    /// One frame of the stream.
    struct Item {
        var frame: Frame
        var capture: Int
        /// From 1, in its capture.
        var number: UInt64
        /// The name that the capture file gives the frame's interface.
        var interfaceName: String?
    }

    private struct Kept {
        var item: Item
        var bytes: [UInt8]
    }

    let names: [String]
    private var merger = CaptureMerger()
    private var numbers: [UInt64]
    private var interfaceNames: [[String?]]
    private var kept: [Kept] = []
    private var nextKept = 0
    /// The current item is `kept[nextKept - 1]`, not the merger's.
    private var isKept = false
    private var current: Item?

    init(_ arguments: [CaptureArgument]) throws {
        names = arguments.map { $0.path == "-" ? "<stdin>" : $0.path }
        numbers = Array(repeating: 0, count: arguments.count)
        interfaceNames = Array(repeating: [], count: arguments.count)
        for argument in arguments {
            do throws(CaptureError) {
                let reader =
                    argument.path == "-"
                    ? try CaptureReader(descriptor: STDIN_FILENO, name: "<stdin>")
                    : try CaptureReader(path: argument.path)
                _ = merger.add(reader)
            } catch {
                throw Failure.input(error.description)
            }
        }
    }

    /// Reads ahead, and shows each frame.
    /// - Parameters:
    ///   - frames: how many at most.
    ///   - bytes: how many bytes of frames to hold in memory at most.
    mutating func lookAhead(frames: Int, bytes limit: Int, _ body: (Item, RawSpan) -> Void) {
        var held = 0
        while kept.count < frames, held < limit, let item = read() {
            let bytes = merger.withBytes { span in
                body(item, span)
                return span.withUnsafeBytes { Array($0) }
            }
            held += bytes.count
            kept.append(Kept(item: item, bytes: bytes))
        }
    }

    /// Reads on beyond the current frame, which stays current, and shows each frame that wasn't read before.
    /// - Parameters:
    ///   - frames: how many frames to hold at most.
    ///   - nanoseconds: how far ahead of the current frame to look, on the capture's clock.
    mutating func peek(frames: Int, within nanoseconds: Int64, _ body: (Item, RawSpan) throws -> Void)
        rethrows
    {
        guard let current else { return }
        if !isKept {
            kept = [Kept(item: current, bytes: merger.withBytes { $0.withUnsafeBytes { Array($0) } })]
            nextKept = 1
            isKept = true
        }
        func isNear(_ item: Item) -> Bool {
            item.frame.timestamp.nanoseconds.subtractingReportingOverflow(current.frame.timestamp.nanoseconds)
                .partialValue <= nanoseconds
        }
        while kept.count - nextKept < frames, kept.last.map({ isNear($0.item) }) ?? true, let item = read() {
            let bytes = merger.withBytes { $0.withUnsafeBytes { Array($0) } }
            kept.append(Kept(item: item, bytes: bytes))
            try kept[kept.count - 1].bytes.withUnsafeBytes { try body(item, $0.bytes) }
        }
    }

    /// Shows the frames beyond the current one, reading on as far as the limits of `peek` let it, until `body` says true.
    /// - Returns: whether there are frames beyond those limits.
    mutating func look(
        frames: Int, within nanoseconds: Int64, _ body: (Item, RawSpan) throws -> Bool
    ) rethrows -> Bool {
        guard let current else { return false }
        peek(frames: frames, within: nanoseconds) { _, _ in }
        let (end, overflow) = current.frame.timestamp.nanoseconds.addingReportingOverflow(nanoseconds)
        for frame in kept[nextKept...].prefix(frames) {
            if !overflow, frame.item.frame.timestamp.nanoseconds > end { return true }
            if try frame.bytes.withUnsafeBytes({ try body(frame.item, $0.bytes) }) { break }
        }
        return false
    }

    mutating func next() -> Item? {
        if nextKept < kept.count {
            if nextKept > 256, nextKept * 2 > kept.count {
                kept.removeFirst(nextKept)
                nextKept = 0
            }
            nextKept += 1
            isKept = true
            current = kept[nextKept - 1].item
            return current
        }
        if isKept {
            kept = []
            nextKept = 0
            isKept = false
        }
        current = read()
        return current
    }

    private mutating func read() -> Item? {
        guard let (frame, capture) = merger.next() else { return nil }
        numbers[capture] += 1
        let index = Int(frame.captureInterface)
        if index >= interfaceNames[capture].count {
            interfaceNames[capture] = merger.interfaces(of: capture).map(\.name)
        }
        let name = index < interfaceNames[capture].count ? interfaceNames[capture][index] : nil
        return Item(frame: frame, capture: capture, number: numbers[capture], interfaceName: name)
    }

    borrowing func withBytes<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
        if isKept { return try kept[nextKept - 1].bytes.withUnsafeBytes { try body($0.bytes) } }
        return try merger.withBytes(body)
    }

    /// Captures that broke off, by their index.
    var brokenCaptures: [Int] { merger.faults.map(\.source) }

    /// Captures that broke off: what is wrong with each.
    var faults: [String] { merger.faults.map { $0.error.description } }

    /// Fails if captures broke off, when the results are out.
    func checkFaults() throws {
        guard let last = faults.last else { return }
        for fault in faults.dropLast() {
            StandardError.write("gatehouse: \(Failure.input(fault).message ?? "")\n")
        }
        throw Failure.input(last + "; the results hold everything up to there")
    }

    /// How much of the input has been read; nil if its size isn't known.
    var fractionRead: Double? {
        let progress = merger.progress
        guard let total = progress.bytesTotal, total > 0 else { return nil }
        return Double(progress.bytesRead) / Double(total)
    }
}
