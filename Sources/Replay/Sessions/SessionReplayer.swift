import Conntrack
public import Engine
public import Gateway
public import Packets

/// Takes the sessions out of captured frames, one frame after the other, and leads each through the application
/// gateway on the capture's clock.
///
/// ```
///   frame ─▶ table of sessions ─▶ CapturedConnection ─events─▶ VirtualPeers ⇄ GatewaySession
///                                                                   └─▶ ConnectionLogs ─▶ frames of both sides
/// ```
public struct SessionReplayer: Sendable {
    /// Sessions that are captured at a time; the one that would be over first makes room.
    private static let sessionLimit = 1 << 17

    public private(set) var summary = SessionSummary()
    public var logs: ConnectionLogs
    private let policy: GatewayPolicy
    private let checksums: ChecksumTrust
    private let decoder: PacketDecoder
    private var numbers: [SessionKey: UInt64] = [:]
    var sessions: [UInt64: CapturedSession] = [:]
    var timers = TimeQueue<UInt64>()
    private var fragments = SightedFragments()
    private var translated = TranslatedSessions()
    var now = Moment(time: Timestamp(nanoseconds: .min))
    private var results = OrderedResults()
    private var load = GatewayLoad()
    private var nextPort: UInt16 = 0

    /// - Parameters:
    ///   - logs: the connections that are to be written; their frames are taken from `logs` by the caller.
    public init(
        _ policy: GatewayPolicy, checksums: ChecksumTrust = .verifyUnlessOffloaded,
        logs: ConnectionLogs = ConnectionLogs(client: false, server: false)
    ) {
        self.policy = policy
        self.checksums = checksums
        self.logs = logs
        decoder = PacketDecoder(
            verifiesHeaderChecksum: checksums != .ignore, checksAddressScope: false)
    }

    /// - Parameter number: the frame's, from 1, in the merged captures.
    public mutating func process(
        _ frame: Frame, _ bytes: RawSpan, number: UInt64, capture: Int
    ) -> FrameOutcome {
        let lastPacket = now.packet
        now.packet = number
        now.time = max(now.time, frame.timestamp)
        runTimers(after: lastPacket)
        summary.frames += 1
        var link = LinkHeader()
        var packet = Packet(family: .ipv4)
        let outcome: FrameOutcome
        switch decoder.decode(frame, bytes, link: &link, packet: &packet) {
        case .notIP: outcome = .notIP
        case .malformed: outcome = .malformed
        case .packet:
            let sighting = Sighting(frame, link, capture: capture)
            outcome = process(packet, bytes, link, sighting)
        }
        switch outcome {
        case .session: summary.inSessions += 1
        case .notIP: summary.notIP += 1
        case .malformed: summary.malformed += 1
        case .other(let reason): summary.other[reason, default: 0] += 1
        }
        logs.advance(to: now.time)
        return outcome
    }

    private mutating func process(
        _ packet: Packet, _ bytes: RawSpan, _ link: LinkHeader, _ sighting: Sighting
    ) -> FrameOutcome {
        if packet.isFragment {
            guard let whole = fragments.add(packet, bytes, sighting, at: now.time) else {
                return .other("fragment")
            }
            return process(whole.packet, whole.bytes.span.bytes, link, sighting)
        }
        switch packet.transportProtocol {
        case .tcp, .udp: break
        default: return .other(packet.transportProtocol.description)
        }
        let isTCP = packet.transportProtocol == .tcp
        guard packet.flags.contains(.hasTransportHeader) else {
            return .other(isTCP ? "tcp-header-cut" : "udp-header-cut")
        }
        if packet.flags.contains(.cutByCapture) { summary.cut += 1 }
        let checksum = checksums == .ignore ? .unverifiable : packet.verifyTransportChecksum(bytes)
        if checksum == .offloaded { summary.offloaded += 1 }
        let isGood = checksums.verdict(checksum) != .bad
        return isTCP
            ? processTCP(packet, bytes, link, sighting, isGood: isGood)
            : processUDP(packet, bytes, link, sighting, isGood: isGood)
    }

    // MARK: TCP

    private mutating func processTCP(
        _ packet: Packet, _ bytes: RawSpan, _ link: LinkHeader, _ sighting: Sighting, isGood: Bool
    ) -> FrameOutcome {
        let key = SessionKey(packet)
        let known = numbers[key]
        guard isGood, let segment = CapturedSegment(packet, bytes) else {
            // A stack drops it; a session that it would be of counts it.
            guard let known else { return .other(isGood ? "tcp-header" : "bad-checksum") }
            return count(packet, link, in: known)
        }
        if let known {
            if !isSuccessor(segment, packet, of: known) {
                let number = renewed(known, by: segment, packet)
                let outcome = count(packet, link, in: number)
                take(segment, packet, in: number)
                return outcome
            }
            replace(known)
        }
        if segment.flags.contains(.syn), let other = translation(of: packet, [], sighting, key) {
            let outcome = count(packet, link, in: other)
            take(segment, packet, in: other)
            return outcome
        }
        let number = add(packet, key, .tcp, segment, [], sighting)
        sessions[number]!.connection = CapturedConnection(segment, at: now.time)
        let outcome = count(packet, link, in: number)
        wake(number)
        return outcome
    }

    /// Whether a segment begins another connection between the endpoints of one that is known.
    private mutating func isSuccessor(
        _ segment: CapturedSegment, _ packet: Packet, of number: UInt64
    ) -> Bool {
        guard segment.flags.contains(.syn), let session = sessions[number],
            let connection = session.connection
        else { return false }
        let fromClient = session.peer(of: packet) == .client
        switch connection.stage {
        case .unopened: return segment.flags.isFirst
        case .over: return segment.flags.isFirst && connection.isNew(segment)
        case .asked, .answered: return false
        case .open:
            // A stack challenges it; where the other end had forgotten the connection, it answers.
            if segment.flags.isFirst, fromClient, connection.isNew(segment) {
                sessions[number]!.successor = (segment, now.time)
            }
            return false
        }
    }

    private mutating func take(_ segment: CapturedSegment, _ packet: Packet, in number: UInt64) {
        let peer = sessions[number]!.peer(of: packet)
        guard let events = sessions[number]!.connection?.receive(segment, from: peer, at: now.time) else {
            return
        }
        handle(events, in: number)
        wake(number)
    }

    mutating func handle(_ events: [SessionEvent], in number: UInt64) {
        for event in events {
            if case .opened = event {
                open(number)
            } else {
                sessions[number]!.peers?.receive(event, at: now, &logs)
            }
        }
        settle(number)
    }

    // MARK: UDP

    private mutating func processUDP(
        _ packet: Packet, _ bytes: RawSpan, _ link: LinkHeader, _ sighting: Sighting, isGood: Bool
    ) -> FrameOutcome {
        let key = SessionKey(packet)
        guard isGood, !packet.flags.contains(.cutByCapture) else {
            guard let known = numbers[key] else {
                return .other(isGood ? "cut-by-capture" : "bad-checksum")
            }
            return count(packet, link, in: known)
        }
        // Bytes behind the length that the header tells belong to nobody.
        let length = Int(bytes.uint16(at: Int(packet.transportOffset) + 4))
        guard length >= 8, length <= Int(packet.transportLength) else { return .other("udp-header") }
        let start = Int(packet.transportOffset)
        let payload = bytes.extracting(start + 8..<start + length).withUnsafeBytes { Array($0) }
        let number: UInt64
        if let known = numbers[key] ?? translation(of: packet, payload, sighting, key) {
            number = known
        } else {
            guard listener(for: packet.destinationEndpoint, .udp) != nil else {
                return .other("udp-no-listener")
            }
            number = add(packet, key, .udp, nil, payload, sighting)
        }
        let outcome = count(packet, link, in: number)
        if sessions[number]!.copies.isCopy(packet, payload, sighting, at: now.time) { return outcome }
        if sessions[number]!.packets == 1 { open(number) }
        if case .session(_, let peer) = outcome {
            sessions[number]!.peers?.receive(.data(peer, payload), at: now, &logs)
            settle(number)
        }
        if sessions[number]?.isOver(at: now.time) == true { remove(number) } else { wake(number) }
        return outcome
    }

    // MARK: The table

    private func listener(for server: Endpoint, _ transport: SessionTransport) -> Listener? {
        policy.listeners.first { $0.takes(server, transport) }
    }

    private mutating func add(
        _ packet: Packet, _ key: SessionKey, _ transport: SessionTransport, _ segment: CapturedSegment?,
        _ payload: [UInt8], _ sighting: Sighting
    ) -> UInt64 {
        if sessions.count >= SessionReplayer.sessionLimit { makeRoom() }
        summary.sessions += 1
        let number = summary.sessions
        var (client, server) = (packet.sourceEndpoint, packet.destinationEndpoint)
        if let segment, !segment.flags.isFirst, isAnswer(segment, from: client, to: server) {
            swap(&client, &server)
        }
        sessions[number] = CapturedSession(
            number: number, key, transport, client: client, server: server,
            listener: listener(for: server, transport), sighting,
            segment?.flags.isFirst ?? true
                ? TranslatedSessions.Fingerprint(packet, payload: payload) : nil, at: now)
        translated.add(sessions[number]!)
        numbers[key] = number
        return number
    }

    /// The session whose first packet this is, behind or before a router that translates addresses; the endpoints
    /// that the packet has are the session's from now on.
    private mutating func translation(
        of packet: Packet, _ payload: [UInt8], _ sighting: Sighting, _ key: SessionKey
    ) -> UInt64? {
        let fingerprint = TranslatedSessions.Fingerprint(packet, payload: payload)
        guard
            let number = translated.session(
                of: packet, fingerprint, sighting, at: now.time, among: sessions)
        else { return nil }
        sessions[number]!.translation = (key, packet.clientEndpoint)
        numbers[key] = number
        return number
    }

    /// Whether the first segment that was captured of a connection is the server's.
    private func isAnswer(_ segment: CapturedSegment, from: Endpoint, to: Endpoint) -> Bool {
        if segment.flags.contains(.syn) { return true }
        let taken = (listener(for: from, .tcp) != nil, listener(for: to, .tcp) != nil)
        if taken.0 != taken.1 { return taken.0 }
        return from.port < to.port
    }

    private mutating func count(_ packet: Packet, _ link: LinkHeader, in number: UInt64) -> FrameOutcome {
        let isClient = sessions[number]!.peer(of: packet) == .client
        sessions[number]!.packets += 1
        sessions[number]!.last = now.time
        let station = CapturedSession.Station(
            mac: link.hasMACs ? link.sourceMAC : nil, hopLimit: packet.hopLimit)
        if isClient {
            if sessions[number]!.clientStation == nil { sessions[number]!.clientStation = station }
        } else if sessions[number]!.serverStation == nil {
            sessions[number]!.serverStation = station
        }
        return .session(number, from: isClient ? .client : .server)
    }

    /// The client's connection stands: the gateway takes it, unless it has too many.
    private mutating func open(_ number: UInt64) {
        let session = sessions[number]!
        if let anomaly = load.exceeded(by: session.client.address, policy) {
            sessions[number]!.refusal = (anomaly, now)
            return
        }
        load.begin(session.client.address)
        let stacks = session.stacks
        sessions[number]!.peers = VirtualPeers(
            session.ends(stacks), policy: policy, listener: session.listener, startedAt: session.start)
        // The ports that Linux gives (net.ipv4.ip_local_port_range).
        let port = 32_768 + nextPort
        nextPort = (nextPort + 1) % 28_232
        sessions[number]!.peers!.open(
            at: now, start: session.connection?.greeting(of: .client)?.time ?? now.time, port: port, &logs)
    }

    /// Takes note of a session that the gateway has done with.
    mutating func settle(_ number: UInt64) {
        guard let session = sessions[number], session.peers?.isFinished == true, !session.isSettled else {
            return
        }
        sessions[number]!.isSettled = true
        load.end(session.client.address)
    }

    /// Ends a session whose endpoints have begun another one.
    mutating func replace(_ number: UInt64) {
        end(number)
        remove(number)
    }

    /// A server that answers the SYN of another connection has given the old one up.
    /// - Returns: the session that the answer is of.
    private mutating func renewed(
        _ number: UInt64, by segment: CapturedSegment, _ packet: Packet
    ) -> UInt64 {
        guard let (first, time) = sessions[number]!.successor, segment.flags.contains([.syn, .ack]),
            sessions[number]!.peer(of: packet) == .server,
            segment.acknowledgement == first.sequence &+ 1
        else { return number }
        let old = sessions[number]!
        replace(number)
        summary.sessions += 1
        let renewed = summary.sessions
        var session = CapturedSession(
            number: renewed, old.key, .tcp, client: old.client, server: old.server, listener: old.listener,
            old.sighting, nil, at: now)
        session.translation = old.translation
        session.connection = CapturedConnection(first, at: time)
        session.clientStation = old.clientStation
        sessions[renewed] = session
        for key in session.keys { numbers[key] = renewed }
        return renewed
    }

    private mutating func end(_ number: UInt64) {
        let lost = sessions[number]!.connection?.checkLoss(at: nil) ?? []
        handle(lost, in: number)
        if sessions[number]!.peers?.isFinished == false {
            // An exchange of datagrams was over with its last one.
            let isStream = sessions[number]!.transport == .tcp
            let end = isStream ? now : Moment(time: sessions[number]!.last, packet: now.packet)
            sessions[number]!.peers!.end(at: end, &logs)
            settle(number)
        }
    }

    private mutating func remove(_ number: UInt64) {
        guard let session = sessions.removeValue(forKey: number) else { return }
        for key in session.keys where numbers[key] == number { numbers[key] = nil }
        translated.remove(session)
        let result = session.result()
        summary.verdicts[result.record.verdict, default: 0] += 1
        results.add(result)
    }

    private mutating func makeRoom() {
        while sessions.count >= SessionReplayer.sessionLimit,
            let (_, number) = timers.take(until: Timestamp(nanoseconds: .max))
        {
            guard sessions[number] != nil else { continue }
            replace(number)
        }
    }

    /// Ends all sessions: no more frames come.
    public mutating func finish() {
        for number in sessions.keys.sorted() { replace(number) }
        logs.finish()
    }

    /// The sessions that are done, in the order of their first packets.
    public mutating func takeResults() -> [SessionResult] { results.take() }
}
