internal import Packets

/// What window tracking says of a segment.
enum TCPWindowVerdict {
    case accept
    /// Out of place but harmless: passes, changes nothing.
    case ignore
    case invalid(InvalidReason)
}

/// Window tracking after Guido van Rooij, "Real Stateful TCP Packet Filtering in IP Filter" (2000), with the
/// bounds of `tcp_in_window` in `nf_conntrack_proto_tcp.c`. A segment is in place if
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
        let verdict =
            direction == .original
            ? original.send(segment, direction, to: &reply, state, beLiberal: beLiberal)
            : reply.send(segment, direction, to: &original, state, beLiberal: beLiberal)
        switch verdict {
        case .learn(let sent):
            if segment.kind == .ack { countRetransmission(sent, direction, window: segment.window) }
            return .accept
        case .accept: return .accept
        case .ignore: return .ignore
        case .invalid(let reason): return .invalid(reason)
        }
    }

    private mutating func countRetransmission(_ sent: TCPSentNumbers, _ direction: Direction, window: UInt16)
    {
        if lastDirection == direction && lastSequence == sent.sequence && lastWindow == window
            && lastAcknowledgement == sent.acknowledgement && lastEnd == sent.end
        {
            retransmissions &+= 1
        } else {
            lastDirection = direction
            lastSequence = sent.sequence
            lastAcknowledgement = sent.acknowledgement
            lastEnd = sent.end
            lastWindow = window
            retransmissions = 0
        }
    }
}

/// A segment's numbers, after what had to be made up for it.
private struct TCPSentNumbers {
    var sequence: UInt32
    var acknowledgement: UInt32
    var end: UInt32
}

private enum TCPSendVerdict {
    /// In place; both ends have learned from it.
    case learn(TCPSentNumbers)
    case accept
    case ignore
    case invalid(InvalidReason)
}

extension TCPPeer {
    fileprivate mutating func send(
        _ segment: TCPSegment, _ direction: Direction, to receiver: inout TCPPeer, _ state: TCPState,
        beLiberal: Bool
    ) -> TCPSendVerdict {
        var sequence = segment.sequence
        var acknowledgement = segment.acknowledgement &- segment.acknowledgementOffset
        var end = segment.end
        // The highest byte that the receiver is told to have arrived, in order or not.
        var acknowledged = acknowledgement
        if receiver.flags.contains(.permitsSACK), let highest = segment.options.highestSACK {
            acknowledged = highest &- segment.acknowledgementOffset
        }

        if maximumWindow == 0 {
            if segment.flags.contains(.syn) {
                begin(segment, direction, &receiver)
                if !segment.flags.contains(.ack) { return .accept }  // simultaneous open
            } else {
                pickUp(segment, acknowledged: acknowledged, &receiver)
            }
        } else if segment.flags.contains(.syn), end.isAfter(self.end),
            state == .synSent || state == .synReceived
        {
            // The end starts anew with a higher sequence number (RFC 793).
            begin(segment, direction, &receiver)
            if direction == .reply && !segment.flags.contains(.ack) { return .accept }
        }

        let isBareReset = segment.flags.contains([.ack, .rst]) && acknowledgement == 0
        if !segment.flags.contains(.ack) || isBareReset {
            acknowledgement = receiver.end
            acknowledged = receiver.end
        }
        if segment.flags.contains(.rst) && sequence == 0 && state == .synSent {
            // A reset that answers a SYN has no sequence number of its own.
            sequence = self.end
            end = self.end
        }

        let isLiberal = beLiberal || flags.contains(.beLiberal)
        let reachesWindow = end.isAfter(self.end &- receiver.maximumWindow &- 1)
        let isRecentAcknowledgement = acknowledged.isAfter(receiver.end &- acknowledgementReach &- 1)
        let isSentAcknowledgement = acknowledged.isBefore(receiver.end &+ 1)

        guard sequence.isBefore(maximumEnd &+ 1) else {
            let overshot = end &- maximumEnd &+ 1
            if receiver.maximumWindow != 0 && reachesWindow && isRecentAcknowledgement
                && isSentAcknowledgement
                && overshot <= receiver.maximumWindow
            {
                // More than was offered, but not much: some stacks do so, and the peer may acknowledge it.
                self.end = end
                flags.insert(.dataUnacknowledged)
                return isLiberal ? .accept : .ignore
            }
            return isLiberal ? .accept : .invalid(.tcpSequenceOverWindow)
        }
        guard isSentAcknowledgement else { return isLiberal ? .accept : .invalid(.tcpAcknowledgesUnseenData) }
        guard (receiver.maximumWindow == 0 || reachesWindow) && isRecentAcknowledgement else {
            return isLiberal ? .accept : .ignore
        }

        learn(
            segment, acknowledgement: acknowledgement, acknowledged: acknowledged, end: end, from: &receiver)
        return .learn(TCPSentNumbers(sequence: sequence, acknowledgement: acknowledgement, end: end))
    }

    private mutating func learn(
        _ segment: TCPSegment, acknowledgement: UInt32, acknowledged: UInt32, end: UInt32,
        from receiver: inout TCPPeer
    ) {
        var window = UInt32(segment.window)
        if !segment.flags.contains(.syn) { window <<= UInt32(scale) }

        maximumWindow = max(maximumWindow, window &+ (acknowledged &- acknowledgement))
        if end.isAfter(self.end) {
            self.end = end
            flags.insert(.dataUnacknowledged)
        }
        if segment.flags.contains(.ack) {
            if !flags.contains(.hasAcknowledged) {
                highestAcknowledgement = acknowledgement
                flags.insert(.hasAcknowledged)
            } else if acknowledgement.isAfter(highestAcknowledgement) {
                highestAcknowledgement = acknowledgement
            }
        }

        if receiver.maximumWindow != 0 && end.isAfter(maximumEnd) {
            receiver.maximumWindow &+= end &- maximumEnd
        }
        if (acknowledged &+ window).isAfter(receiver.maximumEnd &- 1) {
            receiver.maximumEnd = acknowledged &+ max(window, 1)
        }
        if acknowledgement == receiver.end { receiver.flags.remove(.dataUnacknowledged) }
    }

    /// The first SYN or SYN/ACK of this end.
    private mutating func begin(_ segment: TCPSegment, _ direction: Direction, _ receiver: inout TCPPeer) {
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
    private mutating func pickUp(_ segment: TCPSegment, acknowledged: UInt32, _ receiver: inout TCPPeer) {
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
