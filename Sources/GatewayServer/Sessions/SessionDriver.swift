import Gateway
import NIOCore
import Packets

/// Drives one session: its sockets' events go in, its commands are performed. Everything happens on the client's event
/// loop, the server's side included.
final class SessionDriver {
    private let gateway: GatewayState
    private let number: UInt64
    private let policy: GatewayPolicy
    private let protocolName: GatewayProtocol?
    private var session: GatewaySession
    private let client: any Channel
    private var server: (any Channel)?
    private var isServerPaused = false
    /// Those to whom nothing more is sent.
    private var closedOutputs: Set<Peer> = []
    /// Counts the connections to servers, so that a late answer of one that was given up is known.
    private var attempt = 0
    private var upstream: SessionResult.Upstream?
    private var timer: Scheduled<Void>?
    private var timerDeadline: Timestamp?
    /// Commands wait here while others are performed: a write can bring an event about.
    private var commands: [SessionCommand] = []
    private var isPerforming = false
    private var isDraining = false

    /// - Parameters:
    ///   - listener: nil for a session that none takes.
    ///   - server: where the client wanted to go.
    init(
        _ gateway: GatewayState, number: UInt64, policy: GatewayPolicy, listener: Listener?,
        client: any Channel,
        from clientEndpoint: Endpoint, to server: Endpoint
    ) {
        self.gateway = gateway
        self.number = number
        self.policy = policy
        self.client = client
        protocolName = listener?.protocolName
        session = GatewaySession(
            policy: policy, listener: listener, client: clientEndpoint, server: server, transport: .tcp,
            at: Moment(time: gateway.clock.now), isShadow: gateway.isShadow)
    }

    // MARK: Events

    func receive(_ event: SessionEvent) {
        let now = Moment(time: gateway.clock.now)
        commands += session.receive(event, at: now)
        if isDraining { commands += session.receive(.drain, at: now) }
        perform()
    }

    /// The socket of a peer is gone.
    /// - Parameter hasEnded: whether the end of its stream was told; NIO doesn't, once the other direction is closed.
    func disconnected(_ peer: Peer, _ channel: any Channel, hasEnded: Bool, hasFailed: Bool) {
        guard isCurrent(channel, of: peer) else { return }
        if peer == .server { server = nil }
        if hasFailed || !closedOutputs.contains(peer) {
            receive(.reset(peer))
        } else if !hasEnded {
            receive(.closed(peer))
        }
        releaseIfDone()
    }

    /// Whether a channel is the session's: a server's that was given up isn't.
    func isCurrent(_ channel: any Channel, of peer: Peer) -> Bool {
        channel === (peer == .client ? client : server)
    }

    /// Ends as soon as no request is under way.
    func drain() {
        isDraining = true
        guard !session.isFinished else { return }
        receive(.drain)
    }

    /// Breaks both sides off at once: an end in order could be taken for the end of a response.
    func abort() {
        for command in session.end(at: Moment(time: gateway.clock.now)) {
            switch command {
            case .request, .finished: perform(command)
            default: break
            }
        }
        client.breakOff()
        server?.breakOff()
    }

    // MARK: Commands

    private func perform() {
        guard !isPerforming else { return }
        isPerforming = true
        var index = 0
        while index < commands.count {
            perform(commands[index])
            index += 1
            if index == commands.count {
                commands.removeAll(keepingCapacity: true)
                index = 0
                client.flush()
                server?.flush()
            }
        }
        isPerforming = false
        watchDeadline()
    }

    private func perform(_ command: SessionCommand) {
        switch command {
        case .openServer(let address): connect(address)
        case .send(let peer, let bytes):
            guard let channel = channel(peer) else { return }
            gateway.count(bytes: bytes.count, to: peer)
            channel.write(channel.allocator.buffer(bytes: bytes), promise: nil)
        case .close(let peer): closeOutput(peer)
        case .reset(let peer):
            guard let channel = channel(peer) else { return }
            if peer == .server { giveServerUp() }
            channel.breakOff()
        case .pauseReading(let peer): setReading(peer, false)
        case .resumeReading(let peer): setReading(peer, true)
        case .request(let record): gateway.count(record, of: protocolName)
        case .finished(let record): finish(record)
        }
    }

    private func channel(_ peer: Peer) -> (any Channel)? { peer == .client ? client : server }

    /// Sends the end of the stream behind what was written: NIO closes at once a socket whose other direction is over.
    private func closeOutput(_ peer: Peer) {
        guard let channel = channel(peer) else { return }
        closedOutputs.insert(peer)
        channel.writeAndFlush(channel.allocator.buffer(capacity: 0)).assumeIsolated().whenComplete { _ in
            channel.close(mode: .output, promise: nil)
        }
    }

    private func setReading(_ peer: Peer, _ isReading: Bool) {
        if peer == .server { isServerPaused = !isReading }
        guard let channel = channel(peer) else { return }
        // Fails for a socket that is gone: its end was told, or is about to be.
        try? channel.syncOptions?.setOption(.autoRead, value: isReading)
    }

    private func giveServerUp() {
        server = nil
        attempt += 1
    }

    private func finish(_ record: SessionRecord) {
        gateway.finished(SessionResult(number: number, record: record, upstream: upstream))
        timer?.cancel()
        timer = nil
        // What was sent last may still be on its way to a slow peer.
        let patience = TimeAmount.nanoseconds(policy.limits[.idleTime])
        timer = client.eventLoop.assumeIsolated().scheduleTask(in: patience) { self.abort() }
        releaseIfDone()
    }

    private func releaseIfDone() {
        guard session.isFinished, !client.isActive, server.map({ !$0.isActive }) ?? true else { return }
        timer?.cancel()
        timer = nil
        gateway.release(number)
    }

    // MARK: The server's side

    private func connect(_ address: ServerAddress) {
        attempt += 1
        isServerPaused = false
        closedOutputs.remove(.server)
        let attempt = attempt
        Connector.connect(
            address, on: client.eventLoop, from: policy.settings.addresses,
            within: .nanoseconds(policy.limits[.headerTime]), bufferBytes: policy.bufferBytes
        ).assumeIsolated().whenComplete { result in
            guard attempt == self.attempt, !self.session.isFinished else {
                if case .success(let channel) = result { channel.breakOff() }
                return
            }
            switch result {
            case .success(let channel): self.connected(channel)
            case .failure(let error):
                let failure = Connector.failure(error)
                self.gateway.count(failure)
                self.receive(.serverFailed(failure))
            }
        }
    }

    private func connected(_ channel: any Channel) {
        server = channel
        upstream = channel.localAddress?.endpoint.map { SessionResult.Upstream(source: $0) }
        do {
            try channel.pipeline.syncOperations.addHandler(PeerHandler(.server, self))
            receive(.serverOpened)
            // The session may have paused it by now.
            if isCurrent(channel, of: .server), !isServerPaused { setReading(.server, true) }
        } catch {
            // It broke as soon as it stood.
            server = nil
            receive(.reset(.server))
        }
    }

    // MARK: Time

    /// A timer that is due before the deadline stays: it looks again.
    private func watchDeadline() {
        guard !session.isFinished else { return }
        guard let deadline = session.deadline else {
            timer?.cancel()
            timer = nil
            return
        }
        if timer != nil, let timerDeadline, timerDeadline <= deadline { return }
        timer?.cancel()
        timerDeadline = deadline
        timer = client.eventLoop.assumeIsolated().scheduleTask(deadline: gateway.clock.deadline(deadline)) {
            self.timer = nil
            if let deadline = self.session.deadline, deadline <= self.gateway.clock.now {
                self.receive(.tick)
            } else {
                self.watchDeadline()
            }
        }
    }
}
