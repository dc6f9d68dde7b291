internal import Packets

/// What window tracking says of a segment.
enum TCPWindowVerdict {
    case accept
    /// Out of place but harmless: passes, changes nothing.
    case ignore
    case invalid(InvalidReason)
}

/// Window tracking after Guido van Rooij, "Real Stateful TCP Packet Filtering in IP Filter" (2000), with the bounds of
/// `tcp_in_window` in `nf_conntrack_proto_tcp.c`. A segment is in place if
///
/// - I. its data begins within the window that the receiver offered,
/// - II. its data ends no further back than one window behind what was sent,
/// - III. it acknowledges nothing that the receiver hasn't sent, and
/// - IV. it acknowledges nothing too old.
extension TCPConnection {
    /// Checks a segment against the window and, if it passes, learns from it.
    mutating func passWindow(_ segment: TCPSegment, _ direction: Direction, beLiberal: Bool)
        -> TCPWindowVerdict
    {
        var sender = self[direction]
        var receiver = self[direction.opposite]
        defer {
            self[direction] = sender
            self[direction.opposite] = receiver
        }
        var sequence = segment.sequence
        var acknowledgement = segment.acknowledgement
        var end = segment.end
        // The highest byte that the receiver is told to have arrived, in order or not.
        var acknowledged = acknowledgement
        if receiver.flags.contains(.permitsSACK), let highest = segment.options.highestSACK {
            acknowledged = highest
        }

        if sender.maximumWindow == 0 {
            if segment.flags.contains(.syn) {
                sender.begin(segment, direction, &receiver)
                if !segment.flags.contains(.ack) { return .accept }  // simultaneous open
            } else {
                sender.pickUp(segment, acknowledged: acknowledged, &receiver)
            }
        } else if segment.flags.contains(.syn), end.isAfter(sender.end),
            state == .synSent || state == .synReceived
        {
            // The end starts anew with a higher sequence number (RFC 793).
            sender.begin(segment, direction, &receiver)
            if direction == .reply && !segment.flags.contains(.ack) { return .accept }
        }

        let isBareReset = segment.flags.contains([.ack, .rst]) && acknowledgement == 0
        if !segment.flags.contains(.ack) || isBareReset {
            acknowledgement = receiver.end
            acknowledged = receiver.end
        }
        if segment.flags.contains(.rst) && sequence == 0 && state == .synSent {
            // A reset that answers a SYN has no sequence number of its own.
            sequence = sender.end
            end = sender.end
        }

        let isLiberal = beLiberal || sender.flags.contains(.beLiberal)
        let reachesWindow = end.isAfter(sender.end &- receiver.maximumWindow &- 1)
        let isRecentAcknowledgement = acknowledged.isAfter(receiver.end &- sender.acknowledgementReach &- 1)
        let isSentAcknowledgement = acknowledged.isBefore(receiver.end &+ 1)

        guard sequence.isBefore(sender.maximumEnd &+ 1) else {
            let overshot = end &- sender.maximumEnd &+ 1
            if receiver.maximumWindow != 0 && reachesWindow && isRecentAcknowledgement
                && isSentAcknowledgement
                && overshot <= receiver.maximumWindow
            {
                // More than was offered, but not much: some stacks do so, and the peer may acknowledge it.
                sender.end = end
                sender.flags.insert(.dataUnacknowledged)
                return isLiberal ? .accept : .ignore
            }
            return isLiberal ? .accept : .invalid(.tcpSequenceOverWindow)
        }
        guard isSentAcknowledgement else { return isLiberal ? .accept : .invalid(.tcpAcknowledgesUnseenData) }
        guard (receiver.maximumWindow == 0 || reachesWindow) && isRecentAcknowledgement else {
            return isLiberal ? .accept : .ignore
        }

        learn(
            segment, direction, sequence: sequence, acknowledgement: acknowledgement,
            acknowledged: acknowledged,
            end: end, &sender, &receiver)
        return .accept
    }

    private mutating func learn(
        _ segment: TCPSegment, _ direction: Direction, sequence: UInt32, acknowledgement: UInt32,
        acknowledged: UInt32, end: UInt32, _ sender: inout TCPPeer, _ receiver: inout TCPPeer
    ) {
        var window = UInt32(segment.window)
        if !segment.flags.contains(.syn) { window <<= UInt32(sender.scale) }

        sender.maximumWindow = max(sender.maximumWindow, window &+ (acknowledged &- acknowledgement))
        if end.isAfter(sender.end) {
            sender.end = end
            sender.flags.insert(.dataUnacknowledged)
        }
        if segment.flags.contains(.ack) {
            if !sender.flags.contains(.hasAcknowledged) {
                sender.highestAcknowledgement = acknowledgement
                sender.flags.insert(.hasAcknowledged)
            } else if acknowledgement.isAfter(sender.highestAcknowledgement) {
                sender.highestAcknowledgement = acknowledgement
            }
        }

        if receiver.maximumWindow != 0 && end.isAfter(sender.maximumEnd) {
            receiver.maximumWindow &+= end &- sender.maximumEnd
        }
        if (acknowledged &+ window).isAfter(receiver.maximumEnd &- 1) {
            receiver.maximumEnd = acknowledged &+ max(window, 1)
        }
        if acknowledgement == receiver.end { receiver.flags.remove(.dataUnacknowledged) }

        guard segment.kind == .ack else { return }
        if lastDirection == direction && lastSequence == sequence && lastAcknowledgement == acknowledgement
            && lastEnd == end && lastWindow == segment.window
        {
            retransmissions &+= 1
        } else {
            lastDirection = direction
            lastSequence = sequence
            lastAcknowledgement = acknowledgement
            lastEnd = end
            lastWindow = segment.window
            retransmissions = 0
        }
    }
}

extension TCPPeer {
    /// The first SYN or SYN/ACK of this end.
    fileprivate mutating func begin(_ segment: TCPSegment, _ direction: Direction, _ receiver: inout TCPPeer)
    {
        end = segment.end
        maximumEnd = segment.end
        maximumWindow = UInt32(max(segment.window, 1))
        takeOptions(segment.options)
        // Scaling holds only if both ends offered it (RFC 7323 2.2).
        let bothScale = flags.contains(.windowScale) && receiver.flags.contains(.windowScale)
        if direction == .reply && !bothScale {
            scale = 0
            receiver.scale = 0
        }
    }

    /// The first segment seen of this end, its beginning having been missed.
    fileprivate mutating func pickUp(_ segment: TCPSegment, acknowledged: UInt32, _ receiver: inout TCPPeer) {
        end = segment.end
        maximumWindow = max(UInt32(segment.window) << UInt32(scale), 1)
        maximumEnd = end &+ maximumWindow
        if receiver.maximumWindow == 0 {
            receiver.end = acknowledged
            receiver.maximumEnd = acknowledged
        } else if acknowledged == receiver.end &+ 1 {
            receiver.end &+= 1  // the answer to a keep-alive
        }
    }
}
