import Packets

/// Which packets of a connection without sequence numbers could have been sent, given which got through: UDP, UDP-Lite,
/// SCTP, ICMP queries.
///
/// A reply couldn't if its query never came (by the identifier of DNS, the sequence number of ICMP); any other packet
/// couldn't if nothing of the other side ever came, and that side began.
struct QueryDependencies: Sendable {
    /// What tells packets of one side apart.
    enum Mark: Hashable, Sendable {
        /// The number that a reply repeats.
        case query(UInt16)
        /// What an ICMP error quotes: identification and length.
        case datagram(UInt32, UInt32)
    }

    private struct Side {
        var hasArrived = false
        var hasSent = false
        var firstLoss: LostPacket?
    }

    private struct Unanswerable {
        var mark: Mark
        var side: Int
        var loss: LostPacket
    }

    private static let limit = 64

    private var sides: InlineArray<2, Side>
    /// The latest.
    private var unanswerable: [Unanswerable] = []

    /// - Parameter hasArrived: what of each side got through before.
    init(hasArrived: (Bool, Bool)) {
        sides = [Side(), Side()]
        for (side, arrived) in [hasArrived.0, hasArrived.1].enumerated() where arrived {
            sides[side].hasArrived = true
            sides[side].hasSent = true
        }
    }

    /// - Parameter answered: the number of the query that the packet replies to; nil if it is no reply, or has none.
    func loss(preventing answered: UInt16?, from side: Int) -> LostPacket? {
        let other = 1 - side
        if let answered, let loss = loss(of: .query(answered), from: other) { return loss }
        guard !sides[other].hasArrived, !sides[side].hasSent else { return nil }
        return sides[other].firstLoss
    }

    /// - Parameter loss: nil if the packet got through.
    mutating func note(
        _ query: UInt16?, _ datagram: Mark, from side: Int, _ loss: LostPacket?, isDropped: Bool
    ) {
        if loss == nil || isDropped { sides[side].hasSent = true }
        let marks = [query.map(Mark.query), datagram].compactMap { $0 }
        unanswerable.removeAll { $0.side == side && marks.contains($0.mark) }
        guard let loss else {
            sides[side].hasArrived = true
            return
        }
        if sides[side].firstLoss == nil { sides[side].firstLoss = loss }
        unanswerable += marks.map { Unanswerable(mark: $0, side: side, loss: loss) }
        let surplus = unanswerable.count - QueryDependencies.limit
        if surplus > 0 { unanswerable.removeFirst(surplus) }
    }

    /// Why an ICMP error can't be about a packet of a side.
    func loss(quoting marks: [Mark], from side: Int) -> LostPacket? {
        for mark in marks {
            if let loss = loss(of: mark, from: side) { return loss }
        }
        return sides[side].hasArrived ? nil : sides[side].firstLoss
    }

    private func loss(of mark: Mark, from side: Int) -> LostPacket? {
        unanswerable.first { $0.side == side && $0.mark == mark }?.loss
    }
}
