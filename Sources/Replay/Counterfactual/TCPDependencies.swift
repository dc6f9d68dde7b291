import Packets

/// Which segments of a TCP connection could have been sent, given which got through.
///
/// A segment couldn't if it acknowledges what never came, if it comes after a SYN that never did, or if it goes beyond
/// the window that those acknowledgements opened which came.
struct TCPDependencies: Sendable {
    /// What one side sent.
    private struct Side {
        var losses = SequenceLosses()
        var isn: UInt32?
        /// Shift of the windows that it announces; nil if its SYN wasn't seen.
        var windowScale: UInt8?
        /// Up to where it may send, by acknowledgements that came; nil if none is known.
        var edge: UInt32?
        /// An acknowledgement of its data that didn't come.
        var missed: (acknowledgement: UInt32, loss: LostPacket)?
        var hasArrived = false
        /// Whether it sent anything that could have been sent.
        var hasSent = false
        var firstLoss: LostPacket?
    }

    /// Of a connection whose SYNs weren't seen: the widest.
    private static let unknownScale: UInt8 = 14

    private var sides: InlineArray<2, Side>

    /// - Parameter ends: behind the highest sequence number that each side got through before.
    init(ends: (UInt32?, UInt32?)) {
        sides = [Side(), Side()]
        for (side, end) in [ends.0, ends.1].enumerated() where end != nil {
            sides[side].losses = SequenceLosses(end: end)
            sides[side].hasArrived = true
            sides[side].hasSent = true
        }
    }

    func loss(preventing segment: ObservedSegment, from side: Int) -> LostPacket? {
        let isOpening = segment.flags.contains(.syn) && !segment.flags.contains(.ack)
        if isOpening { return nil }
        let other = sides[1 - side]
        let isReset = segment.flags.contains(.rst)
        if segment.flags.contains(.ack), let loss = other.losses.loss(before: segment.acknowledgement),
            !(isReset && loss.answer == .reset)
        {
            return loss
        }
        if isReset, !sides[side].hasSent, !other.hasArrived, let loss = other.firstLoss, loss.answer != .reset
        {
            return loss
        }
        if let isn = sides[side].isn, segment.sequence != isn, let loss = sides[side].losses.loss(at: isn) {
            return loss
        }
        if let edge = sides[side].edge, segment.length > 0, edge.precedes(segment.end),
            let missed = sides[side].missed
        {
            return missed.loss
        }
        return nil
    }

    /// - Parameters:
    ///   - loss: nil if the segment got through.
    ///   - isDropped: whether the firewall dropped it; else it couldn't have been sent.
    mutating func note(_ segment: ObservedSegment, from side: Int, _ loss: LostPacket?, isDropped: Bool) {
        if segment.flags.contains(.syn) { open(segment, from: side) }
        if loss == nil || isDropped { sides[side].hasSent = true }
        if let loss {
            sides[side].losses.lose(segment.sequence, segment.end, loss, isDropped: isDropped)
            if sides[side].firstLoss == nil { sides[side].firstLoss = loss }
        } else {
            sides[side].hasArrived = true
            for filled in sides[side].losses.fill(segment.sequence, segment.end) { heal(filled) }
        }
        if segment.flags.contains(.ack), !segment.flags.contains(.rst) {
            acknowledge(segment, side, loss)
        }
    }

    private mutating func open(_ segment: ObservedSegment, from side: Int) {
        guard sides[side].isn != segment.sequence else { return }
        if !segment.flags.contains(.ack) { sides[1 - side] = Side() }
        sides[side] = Side()
        sides[side].isn = segment.sequence
        sides[side].windowScale = segment.windowScale ?? 0
        sides[side].edge = segment.end
    }

    /// What a side says of the other one's data.
    private mutating func acknowledge(_ segment: ObservedSegment, _ side: Int, _ loss: LostPacket?) {
        let isSYN = segment.flags.contains(.syn)
        let scale = isSYN ? 0 : sides[side].windowScale ?? TCPDependencies.unknownScale
        let edge = segment.acknowledgement &+ UInt32(segment.window) << UInt32(min(scale, 14))
        let other = 1 - side
        guard let loss else {
            sides[other].edge = sides[other].edge?.later(edge) ?? edge
            if let missed = sides[other].missed, !segment.acknowledgement.precedes(missed.acknowledgement) {
                sides[other].missed = nil
                heal(missed.loss)
            }
            return
        }
        if sides[other].edge == nil { sides[other].edge = edge }
        if sides[other].missed == nil, sides[other].edge?.precedes(edge) ?? true {
            sides[other].missed = (segment.acknowledgement, loss)
        }
    }

    private mutating func heal(_ loss: LostPacket) {
        guard !(0..<2).contains(where: { sides[$0].losses.isDropped(by: loss.number) }) else { return }
        for side in 0..<2 {
            sides[side].losses.forget(loss.number)
            if sides[side].missed?.loss.number == loss.number { sides[side].missed = nil }
            if sides[side].firstLoss?.number == loss.number { sides[side].firstLoss = nil }
        }
    }

    /// Why an ICMP error can't be about a segment of a side.
    func loss(quoting sequence: UInt32?, from side: Int) -> LostPacket? {
        if let sequence, let loss = sides[side].losses.loss(at: sequence) { return loss }
        return sides[side].hasArrived ? nil : sides[side].firstLoss
    }
}

/// A TCP segment, as far as others depend on it.
struct ObservedSegment {
    var flags: TCPFlags
    var sequence: UInt32
    var acknowledgement: UInt32
    var window: UInt16
    /// Sequence numbers that it takes: data, SYN, FIN.
    var length: UInt32
    /// Of a SYN that has the option.
    var windowScale: UInt8?

    var end: UInt32 { sequence &+ length }

    /// Nil without a header.
    /// - Parameter bytes: the frame; nil if the packet was put together from fragments.
    init?(_ packet: Packet, _ bytes: RawSpan?) {
        guard packet.transportProtocol == .tcp, packet.flags.contains(.hasTransportHeader) else { return nil }
        flags = packet.tcpFlags
        sequence = packet.tcpSequence
        acknowledgement = packet.tcpAcknowledgement
        window = packet.tcpWindow
        let header = UInt32(packet.tcpHeaderLength)
        length = packet.transportLength > header ? packet.transportLength - header : 0
        if flags.contains(.rst) { length = 0 }
        if flags.contains(.syn) { length &+= 1 }
        if flags.contains(.fin) { length &+= 1 }
        if flags.contains(.syn), let bytes { windowScale = packet.tcpOptions(bytes)?.windowScale }
    }
}
