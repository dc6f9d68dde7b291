/// Sequence numbers of one side of a TCP connection that the other side didn't get. SYN and FIN take one each.
struct SequenceLosses: Sendable {
    /// A range, of which all or nothing is known to be lost.
    private struct Gap {
        var start: UInt32
        var end: UInt32
        /// Nil if the range wasn't captured: whether it arrived, nobody knows.
        var loss: LostPacket?
        /// Whether the firewall dropped it; else it couldn't have been sent.
        var isDropped: Bool
    }

    private static let limit = 16

    /// In the order of sequence numbers.
    private var gaps: [Gap] = []
    /// Behind the highest that was sent; nil if none is known.
    private(set) var end: UInt32?

    init(end: UInt32? = nil) { self.end = end }

    /// The first lost packet of which an acknowledgement would say that it arrived.
    func loss(before acknowledgement: UInt32) -> LostPacket? {
        gaps.first { $0.loss != nil && $0.start.precedes(acknowledgement) }?.loss
    }

    func loss(at sequence: UInt32) -> LostPacket? {
        gaps.first { !sequence.precedes($0.start) && sequence.precedes($0.end) }?.loss
    }

    func isDropped(by number: UInt64) -> Bool { gaps.contains { $0.loss?.number == number && $0.isDropped } }

    /// What couldn't be sent as long as a packet was lost may be sent when it isn't any more.
    mutating func forget(_ number: UInt64) { gaps.removeAll { $0.loss?.number == number } }

    /// Takes in a segment that got through.
    /// - Returns: the packets of which the last dropped part has come now.
    mutating func fill(_ start: UInt32, _ end: UInt32) -> [LostPacket] {
        let before = gaps.filter(\.isDropped).compactMap(\.loss)
        extend(to: start, end)
        cut(start, end)
        return before.filter { loss in !isDropped(by: loss.number) }
    }

    /// Takes in a segment that didn't get through. What came before in another copy stays.
    mutating func lose(_ start: UInt32, _ end: UInt32, _ loss: LostPacket, isDropped: Bool) {
        var lost: [Gap] = gaps.compactMap { gap in
            guard gap.loss == nil else { return nil }
            let low = start.later(gap.start)
            let high = end.earlier(gap.end)
            return low.precedes(high) ? Gap(start: low, end: high, loss: loss, isDropped: isDropped) : nil
        }
        let known = self.end ?? start
        if known.precedes(end) {
            lost.append(Gap(start: start.later(known), end: end, loss: loss, isDropped: isDropped))
        }
        extend(to: start, end)
        for gap in lost {
            cut(gap.start, gap.end)
            add(gap)
        }
    }

    private mutating func extend(to start: UInt32, _ end: UInt32) {
        let known = self.end ?? start
        if known.precedes(start) { add(Gap(start: known, end: start, loss: nil, isDropped: false)) }
        if known.precedes(end) || self.end == nil { self.end = end }
    }

    private mutating func cut(_ start: UInt32, _ end: UInt32) {
        guard start.precedes(end), !gaps.isEmpty else { return }
        var rest: [Gap] = []
        for gap in gaps {
            guard start.precedes(gap.end), gap.start.precedes(end) else {
                rest.append(gap)
                continue
            }
            if gap.start.precedes(start) {
                var low = gap
                low.end = start
                rest.append(low)
            }
            if end.precedes(gap.end) {
                var high = gap
                high.start = end
                rest.append(high)
            }
        }
        gaps = rest
    }

    /// A full list keeps the lowest ranges: what acknowledges higher ones acknowledges those as well.
    private mutating func add(_ gap: Gap) {
        let index = gaps.firstIndex { gap.start.precedes($0.start) } ?? gaps.count
        gaps.insert(gap, at: index)
        if gaps.count > SequenceLosses.limit { gaps.removeLast() }
    }
}

extension UInt32 {
    /// Whether it comes before another one on the circle of sequence numbers (RFC 9293 3.4).
    func precedes(_ other: UInt32) -> Bool { Int32(bitPattern: self &- other) < 0 }
    func later(_ other: UInt32) -> UInt32 { precedes(other) ? other : self }
    func earlier(_ other: UInt32) -> UInt32 { precedes(other) ? self : other }
}
