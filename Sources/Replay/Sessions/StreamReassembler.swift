/// One direction of a TCP connection, put together from captured segments as a receiver's stack does (RFC 9293,
/// 3.10.7.4): what came first holds, what lies outside the window is ignored.
///
/// Places are offsets in the stream, 0 being the byte behind the SYN: sequence numbers wrap, these don't.
struct StreamReassembler: Sendable {
    enum Output: Sendable, Equatable {
        case bytes([UInt8])
        /// Bytes are missing for good: the receiver has them, the capture doesn't.
        case gap
        /// Other bytes for a place than before.
        case conflict
        /// The FIN is reached.
        case end
    }

    private struct Waiting: Sendable {
        var start: Int64
        var bytes: [UInt8]
        var end: Int64 { start + Int64(bytes.count) }
    }

    /// Bytes, and pieces, held out of order at most; more are ignored, as by a full receive buffer.
    static let waitingByteLimit = 1 << 20
    static let waitingPieceLimit = 4096
    /// The window of a receiver that hasn't told one.
    private static let leastWindow: Int64 = 65_535
    /// Of delivered bytes, so many are kept to compare what is sent again.
    private static let recentLimit = 8192

    private let first: UInt32
    /// The place of the next byte.
    private(set) var next: Int64 = 0
    /// Sorted, disjoint, all behind `next`.
    private var waiting: [Waiting] = []
    private var waitingBytes = 0
    /// The last bytes before `next`.
    private var recent: [UInt8] = []
    private var finPlace: Int64?
    private(set) var hasEnded = false
    /// What the receiver said it has.
    private var acknowledged: Int64 = 0
    /// The first place that the receiver's window never reached.
    private var edge: Int64 = 0
    private var outputs: [Output] = []

    /// - Parameter first: the sequence number of the first byte: the SYN's and one.
    init(first: UInt32) { self.first = first }

    mutating func takeOutputs() -> [Output] {
        defer { outputs = [] }
        return outputs
    }

    /// A place by its sequence number, the one nearest to `next`.
    private func place(of sequence: UInt32) -> Int64 {
        let expected = first &+ UInt32(truncatingIfNeeded: next)
        return next + Int64(Int32(bitPattern: sequence &- expected))
    }

    private var windowEnd: Int64 { max(next + StreamReassembler.leastWindow, edge) }

    // MARK: Segments

    /// - Parameters:
    ///   - payload: as much of it as was captured.
    ///   - length: the payload's length on the wire.
    mutating func insert(_ sequence: UInt32, _ payload: [UInt8], length: Int, isFIN: Bool) {
        let start = place(of: sequence)
        let end = start + Int64(length)
        guard !hasEnded, start < windowEnd, end >= next || !payload.isEmpty else { return }
        if isFIN, finPlace == nil, end >= next { finPlace = end }
        if !payload.isEmpty { insert(payload[...], at: start) }
        deliver()
    }

    private mutating func insert(_ payload: ArraySlice<UInt8>, at start: Int64) {
        var (payload, start) = (payload, start)
        if let finPlace, start + Int64(payload.count) > finPlace {
            payload = payload.prefix(Int(max(0, finPlace - start)))
        }
        if start < next {
            let old = payload.prefix(Int(clamping: next - start))
            compareWithRecent(old, at: start)
            payload = payload.dropFirst(old.count)
            start = next
        }
        if start == next, !payload.isEmpty {
            // However much waits, there is room for what it waits for.
            let head = payload.prefix(Int(clamping: (waiting.first?.start ?? .max) - next))
            append(head)
            payload = payload.dropFirst(head.count)
            start = next
        }
        if !payload.isEmpty { keep(payload, at: start) }
    }

    /// Puts bytes between the waiting pieces; where both have some, the old ones stay.
    private mutating func keep(_ payload: ArraySlice<UInt8>, at start: Int64) {
        var (rest, place) = (payload, start)
        var index = waiting.partitioningIndex { $0.end > place }
        var isConflict = false
        while !rest.isEmpty {
            let gap = index < waiting.count ? waiting[index].start - place : Int64(rest.count)
            if gap > 0 {
                let piece = rest.prefix(Int(clamping: gap))
                guard waitingBytes + piece.count <= StreamReassembler.waitingByteLimit,
                    waiting.count < StreamReassembler.waitingPieceLimit
                else { break }
                waiting.insert(Waiting(start: place, bytes: Array(piece)), at: index)
                waitingBytes += piece.count
                index += 1
                rest = rest.dropFirst(piece.count)
                place += Int64(piece.count)
            } else {
                let old = waiting[index].bytes.dropFirst(Int(place - waiting[index].start))
                let both = min(old.count, rest.count)
                if !old.prefix(both).elementsEqual(rest.prefix(both)) { isConflict = true }
                rest = rest.dropFirst(both)
                place += Int64(both)
                index += 1
            }
        }
        if isConflict { outputs.append(.conflict) }
    }

    private mutating func compareWithRecent(_ old: ArraySlice<UInt8>, at start: Int64) {
        let oldest = next - Int64(recent.count)
        let skipped = max(0, oldest - start)
        guard skipped < Int64(old.count) else { return }
        let compared = old.dropFirst(Int(skipped))
        let kept = recent.dropFirst(Int(max(0, start - oldest)))
        if !kept.prefix(compared.count).elementsEqual(compared.prefix(kept.count)) {
            outputs.append(.conflict)
        }
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        next += Int64(bytes.count)
        recent.append(contentsOf: bytes.suffix(StreamReassembler.recentLimit))
        if recent.count > 2 * StreamReassembler.recentLimit {
            recent.removeFirst(recent.count - StreamReassembler.recentLimit)
        }
        if case .bytes(var last) = outputs.last {
            outputs.removeLast()
            last.append(contentsOf: bytes)
            outputs.append(.bytes(last))
        } else {
            outputs.append(.bytes(Array(bytes)))
        }
    }

    private mutating func deliver() {
        var count = 0
        while count < waiting.count, waiting[count].start <= next {
            let piece = waiting[count]
            waitingBytes -= piece.bytes.count
            append(piece.bytes.dropFirst(Int(next - piece.start)))
            count += 1
        }
        waiting.removeFirst(count)
        if finPlace == next, !hasEnded {
            hasEnded = true
            waiting = []
            waitingBytes = 0
            outputs.append(.end)
        }
    }

    // MARK: The receiver's word

    /// What the other side says of this direction.
    /// - Parameter window: in bytes.
    mutating func acknowledge(_ acknowledgement: UInt32, window: UInt32) {
        let place = place(of: acknowledgement)
        // An acknowledgement of what can't have been sent is nobody's.
        guard place <= windowEnd + 1 else { return }
        acknowledged = max(acknowledged, place)
        edge = max(edge, place + Int64(window))
    }

    /// Whether the receiver has bytes that didn't come.
    var lacksAcknowledged: Bool { !hasEnded && min(acknowledged, finPlace ?? .max) > next }

    /// Goes on behind what is lost for good.
    mutating func skipLost() {
        while lacksAcknowledged {
            next = min(acknowledged, finPlace ?? .max, waiting.first?.start ?? .max)
            recent = []
            outputs.append(.gap)
            deliver()
        }
    }

    /// Whether a reset with this sequence number is taken (RFC 5961, 3.2): it has to be the next one, or the one
    /// behind all that came, which the receiver may have while a hole is open here.
    func takesReset(_ sequence: UInt32) -> Bool {
        let place = place(of: sequence)
        return place == next || place == waiting.last?.end || place == max(acknowledged, next)
            || (finPlace.map { place == $0 + 1 } ?? false)
    }
}

extension Array {
    /// The first index whose element satisfies the predicate, which all behind it do too.
    fileprivate func partitioningIndex(_ predicate: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
