internal import Packets

/// What a segment does to its connection's entry.
enum TCPDecision {
    /// Count it and restart the timer, with so many seconds.
    case refresh(UInt32)
    /// Let it pass; neither counted nor a reason to live longer.
    case pass
    /// Count it and delete the connection.
    case end
    /// Delete the connection and take the segment as the first of a new one.
    case reopen
    /// `outOfSync`: both ends close, out of the window that is known here.
    case invalid(InvalidReason, outOfSync: Bool = false)
}

/// The state machine: functions of connection, segment and settings only (`nf_conntrack_tcp_packet`).
extension TCPConnection {
    /// Begins with the first segment of an unknown flow; says why if it can't (`tcp_new`).
    mutating func open(_ segment: TCPSegment, _ settings: ConntrackSettings.TCP) -> InvalidReason? {
        guard case .to(let next) = TCPTransition(.none, segment.kind, .original) else {
            return .tcpNotOpening
        }
        guard next == .synSent || settings.loose else { return .tcpPickupDisabled }
        self = TCPConnection()
        var sender = TCPPeer()
        sender.end = segment.end
        sender.maximumWindow = UInt32(max(segment.window, 1))
        if next == .synSent {
            sender.maximumEnd = sender.end
            sender.takeOptions(segment.options)
        } else {
            // Midway: what the SYNs said is lost, so assume SACK and judge leniently.
            sender.maximumEnd = sender.end &+ sender.maximumWindow
            sender.flags = [.permitsSACK, .beLiberal]
            self[.reply].flags = [.permitsSACK, .beLiberal]
        }
        self[.original] = sender
        return nil
    }

    /// Takes in a segment; may set `assured` in `status`.
    mutating func advance(
        _ segment: TCPSegment, _ direction: Direction, _ status: inout ConnectionStatus,
        _ settings: ConntrackSettings.TCP
    ) -> TCPDecision {
        let previous = state
        let next: TCPState
        switch TCPTransition(previous, segment.kind, direction) {
        case .invalid:
            return .invalid(.tcpState)
        case .ignore:
            guard provesIgnoredSYN(segment, direction) else { return note(segment, direction) }
            resynchronise(direction)
            return settle(
                segment, direction, from: .synSent, to: .synReceived, &status, settings, skipsWindow: false)
        case .to(.synSent) where previous == .timeWait || previous == .close:
            if peerFlags(contain: .closeInitiator) || (lastDirection == direction && lastKind == .rst) {
                return .reopen
            }
            return note(segment, direction)
        case .to(.timeWait) where isChallengeAck(segment, direction):
            expectsChallengeAck = false
            return .pass
        case .to(.synSent2):
            isSimultaneousOpen = true
            next = .synSent2
        case .to(.synReceived) where direction == .reply && segment.kind == .ack && isSimultaneousOpen:
            next = .established
        case .to(.close) where segment.kind == .rst:
            switch judgeReset(segment, direction, status, settings) {
            case .invalid: return .invalid(.tcpResetOutOfWindow)
            case .close(let skipsWindow):
                return settle(
                    segment, direction, from: previous, to: .close, &status, settings,
                    skipsWindow: skipsWindow)
            case .keep(let skipsWindow):
                return settle(
                    segment, direction, from: previous, to: previous, &status, settings,
                    skipsWindow: skipsWindow)
            }
        case .to(let state):
            next = state
        }
        return settle(segment, direction, from: previous, to: next, &status, settings, skipsWindow: false)
    }

    /// The window check and, if it passes, the new state and its timeout.
    private mutating func settle(
        _ segment: TCPSegment, _ direction: Direction, from previous: TCPState, to next: TCPState,
        _ status: inout ConnectionStatus, _ settings: ConntrackSettings.TCP, skipsWindow: Bool
    ) -> TCPDecision {
        if !skipsWindow {
            switch passWindow(segment, direction, beLiberal: settings.beLiberal) {
            case .accept: break
            case .ignore: return .pass
            case .invalid(let reason):
                return .invalid(reason, outOfSync: noteEnding(segment, direction, status))
            }
        }
        lastKind = segment.kind
        lastDirection = direction
        state = next
        if next == .finWait && previous != .finWait { self[direction].flags.insert(.closeInitiator) }

        var timeout = timeout(for: next, segment.kind, settings)
        if !status.contains(.seenReply) {
            // Nothing but a reset was ever answered: there is no connection.
            if segment.flags.contains(.rst) { return .end }
            // Repeating a SYN must not keep a connection alive that nobody answers.
            if segment.kind == .syn && previous == .synSent { return .pass }
            if next == .established { timeout = min(timeout, settings.unacknowledgedTimeout) }
        } else if !status.contains(.assured), previous == .synReceived || previous == .established,
            next == .established
        {
            status.insert(.assured)
        }
        return .refresh(timeout)
    }

    private func timeout(
        for next: TCPState, _ kind: TCPSegmentKind, _ settings: ConntrackSettings.TCP
    ) -> UInt32 {
        let usual = next.timeout(settings)
        if UInt32(retransmissions) >= settings.maximumRetransmissions
            && usual > settings.retransmissionTimeout
        {
            return settings.retransmissionTimeout
        }
        if kind == .rst { return settings.closeTimeout }
        if peerFlags(contain: .dataUnacknowledged) && usual > settings.unacknowledgedTimeout {
            return settings.unacknowledgedTimeout
        }
        if lastWindow == 0 && usual > settings.retransmissionTimeout { return settings.retransmissionTimeout }
        return usual
    }

    // MARK: Segments that may be right while the entry is wrong

    /// Whether this SYN/ACK answers a SYN that was ignored: then the two ends agree, and the entry is stale.
    private func provesIgnoredSYN(_ segment: TCPSegment, _ direction: Direction) -> Bool {
        segment.kind == .synAck && lastKind == .syn && lastDirection != direction
            && segment.acknowledgement == lastEnd
    }

    /// Starts over from the ignored SYN's numbers, as they were noted.
    private mutating func resynchronise(_ direction: Direction) {
        var client = self[lastDirection]
        client.end = lastEnd
        client.maximumEnd = lastEnd
        client.maximumWindow = UInt32(max(lastWindow, 1))
        client.scale = notedScale
        client.flags = noted
        self[lastDirection] = client
        expectsChallengeAck = false
        self[direction].reset()
    }

    /// Notes a segment that passes without being believed.
    private mutating func note(_ segment: TCPSegment, _ direction: Direction) -> TCPDecision {
        lastKind = segment.kind
        lastDirection = direction
        lastSequence = segment.sequence
        lastEnd = segment.end
        lastWindow = segment.window
        if segment.kind == .syn && direction == .original {
            var peer = TCPPeer()
            peer.takeOptions(segment.options)
            noted = peer.flags
            notedScale = peer.flags.contains(.windowScale) ? peer.scale : 0
            expectsChallengeAck = state == .lastAck
            isSimultaneousOpen = false
        }
        if state == .synSent && segment.kind == .ack && direction == .reply {
            lastAcknowledgement = segment.acknowledgement  // perhaps a challenge to the SYN
        }
        return .pass
    }

    /// Whether an ACK challenges a SYN that was ignored in LAST_ACK, instead of acknowledging the FIN.
    private func isChallengeAck(_ segment: TCPSegment, _ direction: Direction) -> Bool {
        state == .lastAck && segment.kind == .ack && lastDirection != direction && lastKind == .syn
            && expectsChallengeAck
    }

    /// Notes a FIN or RST that fell out of the window; true if the other end has sent one, too
    /// (`nf_tcp_handle_invalid`).
    private mutating func noteEnding(
        _ segment: TCPSegment, _ direction: Direction, _ status: ConnectionStatus
    ) -> Bool {
        guard status.contains(.assured), segment.kind == .rst || segment.kind == .fin else { return false }
        if lastDirection != direction && (lastKind == .fin || lastKind == .rst) { return true }
        lastKind = segment.kind
        lastDirection = direction
        return false
    }

    // MARK: Resets

    private enum ResetVerdict {
        case close(skipsWindow: Bool)
        /// The state stays, to see whether the other end challenges the reset (RFC 5961 3.2).
        case keep(skipsWindow: Bool)
        case invalid
    }

    private func judgeReset(
        _ segment: TCPSegment, _ direction: Direction, _ status: ConnectionStatus,
        _ settings: ConntrackSettings.TCP
    ) -> ResetVerdict {
        // The numbers may be those of a successor already.
        if state.isClosing { return .close(skipsWindow: true) }
        let isEstablished = state == .established && status.contains(.assured)
        let other = self[direction.opposite]
        var keeps = false
        if other.flags.contains(.hasAcknowledged) && lastKind != .syn {
            let sequence = segment.sequence
            // Most likely the answer to a SYN that was let through.
            if sequence == 0 && !isEstablished { return .close(skipsWindow: false) }
            if sequence.isBefore(other.highestAcknowledgement) && !settings.ignoreInvalidReset {
                return .invalid
            }
            if !isEstablished || sequence == other.highestAcknowledgement {
                return .close(skipsWindow: false)
            }
            // Right behind data that the other end hasn't acknowledged yet.
            if lastKind == .ack && lastDirection == direction && sequence == lastEnd {
                return .close(skipsWindow: false)
            }
            keeps = true
        }
        // An answer to a SYN or an ACK that was let through, or to a challenge: it may acknowledge what
        // wasn't seen.
        let answersSYN = status.contains(.seenReply) && lastKind == .syn && lastDirection != direction
        let answersAck = !status.contains(.assured) && lastKind == .ack
        let answersChallenge =
            state == .synSent && lastKind == .ack && lastDirection == .reply
            && segment.sequence == lastAcknowledgement
        let skips = ((answersSYN || answersAck) && segment.acknowledgement == lastEnd) || answersChallenge
        return keeps ? .keep(skipsWindow: skips) : .close(skipsWindow: skips)
    }
}
