import Gateway
import Packets

/// A TCP connection of a capture, as the stack of a gateway in its way sees it: three packets open it, then bytes
/// come in order, until both sides have closed or one has reset it.
struct CapturedConnection: Sendable {
    enum Stage: Sendable, Equatable {
        /// The client has sent a SYN.
        case asked
        /// The server has answered it.
        case answered
        case open
        /// Closed by both, or reset.
        case over
        /// Its beginning wasn't captured, or was none.
        case unopened
    }

    /// SYNs with different sequence numbers, of which the server answers one.
    private static let greetingLimit = 4
    /// How long, and for how many segments, what the receiver has and the capture hasn't may still come: captures
    /// of several interfaces don't agree on the order of what is close together.
    static let lossGrace: Int64 = 200_000_000
    private static let lossSegments = 32

    private(set) var stage: Stage
    private var greetings: [Greeting] = []
    private var answer: Greeting?
    private var streams: [StreamReassembler] = []
    /// Since when a direction lacks what its receiver has, and for how many segments.
    private var lostSince: Timestamp?
    private var lostSegments = 0
    /// The round trip between here and the server, and the client: nanoseconds.
    private(set) var serverRoundTrip: Int64 = 0
    private(set) var clientRoundTrip: Int64 = 0

    /// - Parameter segment: the first of the connection that was captured.
    init(_ segment: CapturedSegment, at time: Timestamp) {
        stage = .unopened
        guard segment.flags.isFirst else { return }
        stage = .asked
        greetings = [Greeting(segment, time)]
    }

    /// One SYN, or SYN/ACK: what its sender's stack says of itself.
    struct Greeting: Sendable {
        var sequence: UInt32
        var window: UInt16
        var options: TCPOptions?
        var payload: [UInt8]
        var time: Timestamp
    }

    func greeting(of peer: Peer) -> Greeting? { peer == .client ? greetings.first : answer }

    /// Whether a SYN is another one than the connection's.
    func isNew(_ segment: CapturedSegment) -> Bool {
        !greetings.contains { $0.sequence == segment.sequence }
    }

    /// When `checkLoss` is wanted.
    var lossDeadline: Timestamp? { lostSince?.advanced(by: CapturedConnection.lossGrace) }

    // MARK: Segments

    mutating func receive(_ segment: CapturedSegment, from peer: Peer, at time: Timestamp) -> [SessionEvent] {
        switch stage {
        case .asked, .answered: return greet(segment, from: peer, at: time)
        case .open: return receiveOpen(segment, from: peer, at: time)
        case .over, .unopened: return []
        }
    }

    private mutating func greet(
        _ segment: CapturedSegment, from peer: Peer, at time: Timestamp
    ) -> [SessionEvent] {
        if segment.flags.contains(.rst) {
            if refuses(segment, from: peer) { stage = .over }
            return []
        }
        if peer == .client, segment.flags.isFirst {
            guard stage == .asked, greetings.count < CapturedConnection.greetingLimit,
                !greetings.contains(where: { $0.sequence == segment.sequence })
            else { return [] }
            greetings.append(Greeting(segment, time))
        } else if peer == .server, segment.flags.contains([.syn, .ack]) {
            guard
                let asked = greetings.first(where: { $0.sequence &+ 1 == segment.acknowledgement })
            else { return [] }
            // A later answer with another number is the one that holds if the client takes it.
            guard answer == nil || answer!.sequence != segment.sequence else { return [] }
            greetings = [asked]
            answer = Greeting(segment, time)
            serverRoundTrip = asked.time.duration(to: time)
            streams = [
                StreamReassembler(first: asked.sequence &+ 1),
                StreamReassembler(first: segment.sequence &+ 1),
            ]
            if !asked.payload.isEmpty {
                streams[0].insert(
                    asked.sequence &+ 1, asked.payload, length: asked.payload.count, isFIN: false)
            }
            acknowledge(segment, by: .server)
            stage = .answered
        } else if peer == .client, let answer, segment.flags.contains(.ack), !segment.flags.contains(.syn) {
            let acknowledged = segment.acknowledgement &- (answer.sequence &+ 1)
            let sent = segment.sequence &- (greetings[0].sequence &+ 1)
            guard acknowledged <= 0xffff, sent <= 0xffff else { return [] }
            stage = .open
            clientRoundTrip = answer.time.duration(to: time)
            // What came before this, by the capture's order, is there already.
            return [.opened] + receiveOpen(segment, from: .client, at: time) + events(of: .server)
        } else if peer == .server, stage == .answered, !segment.flags.contains(.syn) {
            insert(segment, from: .server)
        }
        return []
    }

    /// Whether a reset ends the handshake.
    private func refuses(_ segment: CapturedSegment, from peer: Peer) -> Bool {
        greetings.contains { greeting in
            peer == .client
                ? segment.sequence == greeting.sequence || segment.sequence == greeting.sequence &+ 1
                : segment.flags.contains(.ack) && segment.acknowledgement == greeting.sequence &+ 1
        }
    }

    private mutating func receiveOpen(
        _ segment: CapturedSegment, from peer: Peer, at time: Timestamp
    ) -> [SessionEvent] {
        if segment.flags.contains(.rst) {
            guard streams[peer.index].takesReset(segment.sequence) else { return [] }
            let events = checkLoss(at: nil)
            stage = .over
            return events + [.reset(peer)]
        }
        guard !segment.flags.contains(.syn) else { return [] }
        if segment.flags.contains(.ack) { acknowledge(segment, by: peer) }
        insert(segment, from: peer)
        var result = events(of: peer)
        noteLoss(at: time)
        if let lostSince,
            time >= lostSince.advanced(by: CapturedConnection.lossGrace)
                || lostSegments > CapturedConnection.lossSegments
        {
            result += checkLoss(at: nil)
        }
        if streams.allSatisfy(\.hasEnded) { stage = .over }
        return result
    }

    private mutating func insert(_ segment: CapturedSegment, from peer: Peer) {
        streams[peer.index].insert(
            segment.sequence, segment.payload, length: segment.length, isFIN: segment.flags.contains(.fin))
    }

    private mutating func acknowledge(_ segment: CapturedSegment, by peer: Peer) {
        let scale = isScaled && !segment.flags.contains(.syn) ? windowScale(of: peer) : 0
        streams[peer.other.index].acknowledge(
            segment.acknowledgement, window: UInt32(segment.window) << UInt32(scale))
    }

    private var isScaled: Bool {
        greetings.first?.options?.windowScale != nil && answer?.options?.windowScale != nil
    }

    /// At most 14 (RFC 7323, 2.3).
    private func windowScale(of peer: Peer) -> UInt8 {
        min(14, (peer == .client ? greetings.first : answer)?.options?.windowScale ?? 0)
    }

    private mutating func events(of peer: Peer) -> [SessionEvent] {
        streams[peer.index].takeOutputs().map { output in
            switch output {
            case .bytes(let bytes): .data(peer, bytes)
            case .gap: .gap(peer)
            case .conflict: .overlapConflict(peer)
            case .end: .closed(peer)
            }
        }
    }

    // MARK: Losses

    private mutating func noteLoss(at time: Timestamp) {
        if streams.contains(where: \.lacksAcknowledged) {
            lostSince = lostSince ?? time
            lostSegments += 1
        } else {
            lostSince = nil
            lostSegments = 0
        }
    }

    /// Gives up on what is lost.
    /// - Parameter time: nil at the connection's end, when nothing can come any more.
    mutating func checkLoss(at time: Timestamp?) -> [SessionEvent] {
        guard stage == .open, time == nil || lossDeadline.map({ $0 <= time! }) ?? false else { return [] }
        lostSince = nil
        lostSegments = 0
        return Peer.allCases.flatMap { peer in
            streams[peer.index].skipLost()
            return events(of: peer)
        }
    }
}

extension CapturedConnection.Greeting {
    fileprivate init(_ segment: CapturedSegment, _ time: Timestamp) {
        self.init(
            sequence: segment.sequence, window: segment.window, options: segment.options,
            payload: segment.payload, time: time)
    }
}

extension Peer {
    fileprivate var index: Int { self == .client ? 0 : 1 }
}

extension TCPFlags {
    /// A SYN that asks for a connection.
    var isFirst: Bool { contains(.syn) && isDisjoint(with: [.ack, .rst, .fin]) }
}

extension Timestamp {
    /// The latest moment there is rather than one behind it.
    func advanced(by nanoseconds: Int64) -> Timestamp {
        let (sum, overflows) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return Timestamp(nanoseconds: overflows ? (nanoseconds > 0 ? .max : .min) : sum)
    }

    /// Not below zero.
    func duration(to later: Timestamp) -> Int64 {
        let (difference, overflows) = later.nanoseconds.subtractingReportingOverflow(nanoseconds)
        return overflows ? .max : max(0, difference)
    }
}
