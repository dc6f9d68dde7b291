public import Packets

/// One session of the gateway: a state machine without I/O.
///
/// The first event is `opened`. `openServer` is answered by `serverOpened` or `serverFailed`; a later `openServer` puts
/// another connection in the old one's place, of which nothing is to be told any more. Nothing is sent to a server
/// before `serverOpened`. `finished` is the last command, once, when both connections are closed or reset.
///
/// ```
///             events                            commands
///   client ─────────────▶ GatewaySession ──────────────────▶ server
///          ◀───────────── inspector, policy ◀──────────────
/// ```
public struct GatewaySession: Sendable {
    private var context: SessionContext
    private var inspector: any Inspector
    private var isOpened = false
    public private(set) var isFinished = false
    /// When one of the peers last sent something.
    private var lastActivity: Timestamp

    private var judge = Judge.none

    /// In a box, as a session can't hold another one in itself.
    private indirect enum Judge: Sendable {
        case none
        case watches(ShadowJudge)
    }

    /// - Parameters:
    ///   - listener: nil for a session that none takes: it is denied or relayed as the policy says.
    ///   - isShadow: only judges, and lets everything through, as it is; the record tells in `shadow` what would have
    ///     become of the session, and the requests, the rule, the reason and the anomalies are of that. An explicit proxy
    ///     still reads what it needs to find the server.
    public init(
        policy: GatewayPolicy, listener: Listener?, client: Endpoint, server: Endpoint,
        transport: SessionTransport, at moment: Moment, isShadow: Bool = false
    ) {
        let acting = isShadow ? ShadowJudge.permissive(policy) : policy
        context = SessionContext(
            policy: acting, listener: listener, client: client, server: server, transport: transport,
            at: moment)
        inspector =
            isShadow && listener != nil && listener?.mode != .explicit
            ? PlugInspector() : GatewaySession.inspector(policy, listener, transport)
        lastActivity = moment.time
        if isShadow {
            context.isShadowed = true
            let judging = GatewaySession(
                policy: policy, listener: listener, client: client, server: server, transport: transport,
                at: moment)
            judge = .watches(ShadowJudge(judging, mostUnwanted: context.limit(.bufferBytes)))
        }
    }

    private static func inspector(
        _ policy: GatewayPolicy, _ listener: Listener?, _ transport: SessionTransport
    ) -> any Inspector {
        guard let listener else { return UnlistedInspector() }
        // A plug has no protocol that could be recognised, and a datagram comes alone.
        let detects =
            policy.settings.detection == .auto && listener.protocolName != .plug && transport == .tcp
        if listener.mode == .explicit {
            return DetectingInspector(proxies: InspectorList.standard.proxies)
        }
        return detects
            ? DetectingInspector() : InspectorList.standard.inspector(for: listener.protocolName).init()
    }

    /// - Returns: what is to be done, in order.
    public mutating func receive(_ event: SessionEvent, at moment: Moment) -> [SessionCommand] {
        guard !isFinished else { return [] }
        context.now = moment
        watch(event)
        let wasOver = context.phase == .over
        if isOpened { meetDeadlines() }
        handle(event)
        // From here on the peers have the time of a head to close.
        if context.phase == .over, !wasOver { lastActivity = moment.time }
        return takeCommands()
    }

    /// When `tick` is wanted next; nil if nothing waits.
    public var deadline: Timestamp? {
        guard isOpened, !isFinished else { return nil }
        var deadlines = [idleDeadline]
        if let head = context.headDeadline { deadlines.append(head) }
        if case .watches(let judge) = judge, let judging = judge.deadline { deadlines.append(judging) }
        return deadlines.min()
    }

    /// No more events will come: closes what is open and gives the rest, `finished` last.
    public mutating func end(at moment: Moment) -> [SessionCommand] {
        guard !isFinished else { return [] }
        context.now = moment
        context.closeDown()
        return takeCommands()
    }

    // MARK: Events

    private mutating func handle(_ event: SessionEvent) {
        switch event {
        case .opened: open()
        case .data(let peer, let bytes): receive(bytes, from: peer)
        case .closed(let peer):
            guard context[peer].stage == .open, !context[peer].peerClosed else { return }
            context[peer].peerClosed = true
            close(peer)
        case .reset(let peer):
            guard context[peer].stage == .open else { return }
            context[peer].stage = .broken
            context.breakOff()
        case .serverOpened:
            guard context.serverSide.stage == .opening else { return }
            context.serverOpened()
            if context.phase == .inspected { inspector.serverOpened(&context) }
        case .serverFailed(let failure):
            guard context.serverSide.stage == .opening else { return }
            context.failServer()
            if context.phase == .inspected {
                inspector.fail(failure, &context)
            } else {
                context.breakOff()
            }
        case .gap(let peer): disturb(peer, .tcpGap)
        case .overlapConflict(let peer): disturb(peer, .tcpOverlapConflict)
        case .writable(let peer, let isWritable): context[peer].isWritable = isWritable
        case .drain: if context.phase == .inspected, inspector.isBetweenRequests { context.hangUp() }
        case .tick: break
        }
    }

    private mutating func open() {
        guard !isOpened else { return }
        isOpened = true
        lastActivity = context.now.time
        context.clientSide.stage = .open
        let opensAtOnce =
            context.policy.settings.open == .onConnect || inspector.opensServerAtOnce
        inspector.open(&context)
        if opensAtOnce, context.phase == .inspected { context.openServer() }
    }

    private mutating func receive(_ bytes: [UInt8], from peer: Peer) {
        let side = context[peer]
        guard side.stage == .open, !side.peerClosed else { return }
        // What is ignored doesn't keep a session alive.
        if context.phase != .over { lastActivity = context.now.time }
        if peer == .client {
            context.record.clientBytes += UInt64(bytes.count)
        } else {
            context.record.serverBytes += UInt64(bytes.count)
        }
        guard !bytes.isEmpty || context.transport == .udp else { return }
        switch context.phase {
        case .inspected: inspector.receive(bytes, from: peer, &context)
        case .relayed(let request):
            context.send(peer.other, bytes, of: request, clientBytes: peer == .client ? bytes.count : 0)
        case .over: break
        }
    }

    private mutating func close(_ peer: Peer) {
        switch context.phase {
        case .inspected: inspector.close(peer, &context)
        case .relayed: context.close(peer.other)
        case .over: context.close(peer)
        }
    }

    private mutating func disturb(_ peer: Peer, _ anomaly: Anomaly) {
        guard context[peer].stage == .open, context.phase != .over else { return }
        if context.forbids(anomaly) { refuse(anomaly) }
    }

    private mutating func refuse(_ anomaly: Anomaly) {
        if context.phase == .inspected {
            inspector.refuse(anomaly, &context)
        } else {
            context.deny(Refusal(.reset, for: anomaly))
        }
    }

    // MARK: Time

    private var idleDeadline: Timestamp {
        let limit: GatewayLimits.Name = context.phase == .over ? .headerTime : .idleTime
        return lastActivity.advanced(by: context.policy.limits[limit])
    }

    private mutating func meetDeadlines() {
        if let head = context.headDeadline, head <= context.now.time {
            context.headDeadline = nil
            if context.forbids(.headerTime) { return inspector.refuse(.headerTime, &context) }
        }
        guard idleDeadline <= context.now.time else { return }
        if context.phase == .over || context.transport == .udp {
            context.breakOff()
        } else if context.phase == .inspected, inspector.isBetweenRequests {
            lastActivity = context.now.time
            context.hangUp()
        } else if context.forbids(.idleTime) {
            lastActivity = context.now.time
            refuse(.idleTime)
        } else {
            lastActivity = context.now.time
        }
    }

    // MARK: Shadow

    private mutating func watch(_ event: SessionEvent) {
        guard case .watches(var judge) = judge else { return }
        for request in judge.watch(event, at: context.now) { context.commands.append(.request(request)) }
        self.judge = .watches(judge)
    }

    private mutating func concludeShadow() {
        guard case .watches(var judge) = judge else { return }
        let (requests, judged) = judge.end(at: context.now)
        for request in requests { context.commands.append(.request(request)) }
        context.record.shadow = judged.verdict
        context.record.protocolName = judged.protocolName
        context.record.rule = judged.rule
        context.record.reason = judged.reason
        context.record.requests = judged.requests
        context.record.requestCount = judged.requestCount
        context.record.decidedAtPacket = judged.decidedAtPacket
        context.record.anomalies = judged.anomalies
    }

    // MARK: Commands

    private mutating func takeCommands() -> [SessionCommand] {
        if context.phase != .over, context.clientSide.isOver, context.serverSide.isOver, isOpened {
            context.beOver()
        }
        if context.phase == .over, context.clientSide.isOver, context.serverSide.isOver {
            context.finishAll()
            context.record.end = context.now.time
            concludeShadow()
            context.commands.append(.finished(context.record))
            isFinished = true
        } else {
            context.regulateReading(
                held: (inspector.heldBytes(from: .client), inspector.heldBytes(from: .server)))
        }
        let commands = context.commands
        context.commands = []
        return commands
    }
}

extension Timestamp {
    /// The latest moment there is rather than one behind it.
    func advanced(by nanoseconds: Int64) -> Timestamp {
        let (sum, overflows) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return Timestamp(nanoseconds: overflows ? .max : sum)
    }
}
