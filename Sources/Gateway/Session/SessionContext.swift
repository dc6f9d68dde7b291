internal import Packets

/// What an inspector acts through: one session's connections, its record, and the commands so far.
struct SessionContext: Sendable {
    let policy: GatewayPolicy
    let listener: Listener?
    let client: Endpoint
    let server: Endpoint
    let transport: SessionTransport
    var now: Moment
    var commands: [SessionCommand] = []
    var record: SessionRecord
    var clientSide = SessionSide()
    var serverSide = SessionSide()
    /// What waits for the server's connection.
    private var unsent: [Unsent] = []
    private var unsentBytes = 0
    private var closesAfterUnsent = false
    /// Begun requests that aren't finished, in the order of their beginning.
    var openRequests: [OpenRequest] = []
    var nextRequest: UInt64 = 0
    /// Until when the head of a request has to be there.
    var headDeadline: Timestamp?
    var phase = Phase.inspected
    /// Whether another session judges, whose requests are told instead of this one's.
    var isShadowed = false

    enum Phase: Sendable, Equatable {
        case inspected
        /// Bytes go from side to side; they belong to the request.
        case relayed(RequestID?)
        /// Denied or broken off: bytes are ignored, and the session ends when its connections have.
        case over
    }

    private struct Unsent: Sendable {
        var bytes: [UInt8]
        var request: RequestID?
        var clientBytes: UInt64
    }

    init(
        policy: GatewayPolicy, listener: Listener?, client: Endpoint, server: Endpoint,
        transport: SessionTransport, at now: Moment
    ) {
        self.policy = policy
        self.listener = listener
        self.client = client
        self.server = server
        self.transport = transport
        self.now = now
        record = SessionRecord(client: client, server: server, transport: transport, start: now.time)
        record.protocolName = listener?.protocolName
    }

    func limit(_ name: GatewayLimits.Name) -> Int { Int(clamping: policy.limits[name]) }

    // MARK: Connections

    /// Where the listener's sessions go; nil if each request says.
    var listenedServer: ServerAddress? {
        switch listener?.mode ?? .transparent {
        case .transparent: .endpoint(server)
        case .fixed(let endpoint): .endpoint(endpoint)
        case .explicit: nil
        }
    }

    /// Opens the server's side unless it was opened before.
    mutating func openServer(_ address: ServerAddress? = nil) {
        guard serverSide.stage == .absent, let address = address ?? listenedServer else { return }
        serverSide.stage = .opening
        commands.append(.openServer(address))
    }

    /// Gives the server's side up, so that another can be opened. Nothing of the old one is heard any more.
    mutating func forgetServer() {
        if serverSide.stage == .open || serverSide.stage == .opening { commands.append(.reset(.server)) }
        serverSide = SessionSide()
        dropUnsent()
    }

    /// - Parameters:
    ///   - request: to the server only: the request that the bytes are of.
    ///   - clientBytes: to the server only: how many of the client's bytes they stand for.
    mutating func send(_ peer: Peer, _ bytes: [UInt8], of request: RequestID? = nil, clientBytes: Int = 0) {
        guard self[peer].takesBytes, !(bytes.isEmpty && transport == .tcp) else { return }
        if peer == .server, serverSide.stage == .opening {
            unsent.append(Unsent(bytes: bytes, request: request, clientBytes: UInt64(clientBytes)))
            unsentBytes += bytes.count
            return
        }
        commands.append(.send(peer, bytes))
        if peer == .server { countSent(request, UInt64(clientBytes)) }
    }

    /// Sends no more to the peer.
    mutating func close(_ peer: Peer) {
        guard transport == .tcp, self[peer].takesBytes else { return }
        if peer == .server, serverSide.stage == .opening {
            closesAfterUnsent = true
            return
        }
        self[peer].closed = true
        commands.append(.close(peer))
    }

    mutating func reset(_ peer: Peer) {
        guard self[peer].stage == .open || self[peer].stage == .opening else { return }
        self[peer].stage = .broken
        if peer == .server { dropUnsent() }
        // Of datagrams nobody needs to be told.
        if transport == .tcp { commands.append(.reset(peer)) }
    }

    /// Ends the session in order: nothing more is sent to either side.
    mutating func hangUp() {
        close(.client)
        close(.server)
        beOver()
    }

    /// Closes both connections for good, without waiting for the peers.
    mutating func closeDown() {
        for peer in Peer.allCases {
            if self[peer].stage == .opening { reset(peer) }
            close(peer)
            if self[peer].stage == .open { self[peer].stage = .broken }
        }
        beOver()
    }

    mutating func beOver() {
        phase = .over
        headDeadline = nil
    }

    /// The head of a request has to come from now on, unless it had to before.
    mutating func awaitHead() {
        headDeadline = headDeadline ?? now.time.advanced(by: policy.limits[.headerTime])
    }

    /// Breaks both connections off.
    mutating func breakOff() {
        reset(.client)
        reset(.server)
        beOver()
    }

    mutating func serverOpened() {
        serverSide.stage = .open
        for waiting in unsent {
            commands.append(.send(.server, waiting.bytes))
            countSent(waiting.request, waiting.clientBytes)
        }
        let closes = closesAfterUnsent
        dropUnsent()
        if closes { close(.server) }
    }

    mutating func failServer() {
        serverSide.stage = .broken
        dropUnsent()
    }

    /// From now on bytes go from side to side, and so do closes and resets.
    mutating func relay(as request: RequestID?) {
        guard phase == .inspected else { return }
        phase = .relayed(request)
        headDeadline = nil
        openServer()
    }

    subscript(peer: Peer) -> SessionSide {
        get { peer == .client ? clientSide : serverSide }
        set {
            if peer == .client { clientSide = newValue } else { serverSide = newValue }
        }
    }

    private mutating func dropUnsent() {
        unsent = []
        unsentBytes = 0
        closesAfterUnsent = false
    }

    /// Commands to read or not, as it follows from what is held and from who can take more.
    ///
    /// - Parameter held: what the inspector keeps of each peer's bytes.
    mutating func regulateReading(held: (client: Int, server: Int)) {
        let most = limit(.bufferBytes)
        setPaused(.client, !serverSide.isWritable || unsentBytes + held.client >= most)
        setPaused(.server, !clientSide.isWritable || held.server >= most)
    }

    /// In a session that is over all is read, and ignored.
    private mutating func setPaused(_ peer: Peer, _ isFull: Bool) {
        let side = self[peer]
        let pauses = isFull && phase != .over
        guard side.stage == .open, !side.peerClosed, side.isPaused != pauses else { return }
        self[peer].isPaused = pauses
        commands.append(pauses ? .pauseReading(peer) : .resumeReading(peer))
    }
}
