import Gateway
import Packets

/// A session of the gateway with a captured client and server as its peers: what the capture shows happens to it,
/// and what it wants done is done as far as peers that are a recording can.
///
/// The captured server's bytes are the virtual server's answer. It accepts every connection, as the captured one did;
/// what it says before the gateway has asked for it waits. Where the gateway ends a connection on its own, its peer
/// follows a round trip later, and what the capture goes on to show of it never happens.
struct VirtualPeers: Sendable {
    /// What a session is between, as far as the capture tells.
    struct Ends: Sendable {
        var client: Endpoint
        var server: Endpoint
        var transport: SessionTransport
        var clientStack: StackProfile
        var serverStack: StackProfile
        /// Nanoseconds.
        var clientRoundTrip: Int64
        var serverRoundTrip: Int64
    }

    /// Held events of one peer, in bytes; more are lost.
    private static let heldByteLimit = 4 << 20
    /// What holding an event takes beside its bytes.
    private static let heldEventBytes = 64

    private var session: GatewaySession
    private let ends: Ends
    private let settings: GatewaySettings
    private(set) var record: SessionRecord?
    private(set) var upstream: SessionResult.Upstream?
    /// What a peer did before it could be told of it.
    private var held: [Peer: [SessionEvent]] = [:]
    private var heldBytes = 0
    private var isServerOpen = false
    private var paused: Set<Peer> = []
    /// Whose connection is over though the capture shows more of it.
    private var gone: Set<Peer> = []
    /// Who closed, as the session knows.
    private var closed: Set<Peer> = []
    /// When a peer follows the gateway's own close.
    private var follows: [Peer: Timestamp] = [:]
    /// How much later things happen here than in the capture, for the round trips that the gateway adds.
    private var lag: Int64 = 0
    private var clientLog: ConnectionLog.ID?
    private var serverLog: ConnectionLog.ID?

    init(
        _ ends: Ends, policy: GatewayPolicy, listener: Listener?, startedAt moment: Moment
    ) {
        self.ends = ends
        settings = policy.settings
        session = GatewaySession(
            policy: policy, listener: listener, client: ends.client, server: ends.server,
            transport: ends.transport, at: moment)
    }

    var isFinished: Bool { session.isFinished }

    var deadline: Timestamp? {
        ([session.deadline] + follows.values.map { $0 }).compactMap { $0 }.min()
    }

    // MARK: Events

    /// - Parameters:
    ///   - start: when the client's handshake began.
    mutating func open(at moment: Moment, start: Timestamp, port: UInt16, _ logs: inout ConnectionLogs) {
        clientLog = logs.client?.open(
            ConnectionPlan(
                ends.transport, initiator: ends.client, responder: ends.server,
                initiatorStack: ends.clientStack,
                responderStack: .gateway(
                    .client, from: ends.server, to: ends.client, seed: settings.seed, at: start),
                gateway: .responder, roundTrip: ends.clientRoundTrip), at: start,
            established: moment.time)
        self.port = port
        deliver(.opened, at: moment, &logs)
    }

    /// The gateway's own port, if it keeps not the client's.
    private var port: UInt16 = 0

    mutating func receive(_ event: SessionEvent, at moment: Moment, _ logs: inout ConnectionLogs) {
        guard let peer = event.peer, !gone.contains(peer), follows[peer] == nil else { return }
        if paused.contains(peer) || (peer == .server && !isServerOpen) || held[peer]?.isEmpty == false {
            hold(event, of: peer)
        } else {
            deliver(event, at: moment, &logs)
        }
    }

    /// Does what is due: the session's deadlines, and the closes of peers.
    mutating func tick(at moment: Moment, _ logs: inout ConnectionLogs) {
        for peer in Peer.allCases {
            guard let due = follows[peer], due <= moment.time else { continue }
            follows[peer] = nil
            deliver(.closed(peer), at: moment, &logs)
            gone.insert(peer)
        }
        deliver(.tick, at: moment, &logs)
    }

    /// Nothing more was captured.
    mutating func end(at moment: Moment, _ logs: inout ConnectionLogs) {
        perform(session.end(at: moment), at: moment, &logs)
        let time = moment.time.advanced(by: lag)
        if let clientLog { logs.client?.forget(clientLog, at: time) }
        if let serverLog { logs.server?.forget(serverLog, at: time) }
    }

    private mutating func hold(_ event: SessionEvent, of peer: Peer) {
        if case .data(_, let bytes) = event {
            let size = bytes.count + VirtualPeers.heldEventBytes
            guard heldBytes + size <= VirtualPeers.heldByteLimit else {
                // What would be lost is told as lost, once.
                if case .gap = held[peer]?.last { return }
                held[peer, default: []].append(.gap(peer))
                return
            }
            heldBytes += size
        }
        held[peer, default: []].append(event)
    }

    private mutating func deliver(
        _ event: SessionEvent, at moment: Moment, _ logs: inout ConnectionLogs
    ) {
        write(event, at: moment.time.advanced(by: lag), &logs)
        if case .closed(let peer) = event { closed.insert(peer) }
        if case .reset(let peer) = event { gone.insert(peer) }
        perform(session.receive(event, at: moment), at: moment, &logs)
    }

    /// What the peers themselves send.
    private func write(_ event: SessionEvent, at time: Timestamp, _ logs: inout ConnectionLogs) {
        switch event {
        case .data(.client, let bytes):
            if let clientLog { logs.client?.send(clientLog, .initiator, bytes, at: time) }
        case .data(.server, let bytes):
            if let serverLog { logs.server?.send(serverLog, .responder, bytes, at: time) }
        case .closed(.client): if let clientLog { logs.client?.close(clientLog, .initiator, at: time) }
        case .closed(.server): if let serverLog { logs.server?.close(serverLog, .responder, at: time) }
        case .reset(.client): if let clientLog { logs.client?.reset(clientLog, .initiator, at: time) }
        case .reset(.server): if let serverLog { logs.server?.reset(serverLog, .responder, at: time) }
        default: break
        }
    }

    // MARK: Commands

    private mutating func perform(
        _ commands: [SessionCommand], at moment: Moment, _ logs: inout ConnectionLogs
    ) {
        var opens = false
        var resumed: [Peer] = []
        for command in commands {
            let time = moment.time.advanced(by: lag).advanced(by: VirtualPeers.turnaround)
            switch command {
            case .openServer(let address):
                openServer(address, at: time, after: moment.time, &logs)
                opens = true
            case .send(.client, let bytes):
                if let clientLog { logs.client?.send(clientLog, .responder, bytes, at: time) }
            case .send(.server, let bytes):
                if let serverLog { logs.server?.send(serverLog, .initiator, bytes, at: time) }
            case .close(let peer): close(peer, at: time, moment, &logs)
            case .reset(let peer):
                gone.insert(peer)
                follows[peer] = nil
                if peer == .client, let clientLog { logs.client?.reset(clientLog, .responder, at: time) }
                if peer == .server {
                    isServerOpen = false
                    opens = false
                    if let serverLog { logs.server?.reset(serverLog, .initiator, at: time) }
                }
            case .pauseReading(let peer): paused.insert(peer)
            case .resumeReading(let peer):
                paused.remove(peer)
                resumed.append(peer)
            case .request: break
            case .finished(let record): self.record = record
            }
        }
        if opens {
            isServerOpen = true
            deliver(.serverOpened, at: moment, &logs)
            resumed.append(.server)
        }
        for peer in resumed { release(peer, at: moment, &logs) }
    }

    /// The gateway's stack does one thing after the other.
    private static let turnaround: Int64 = 20_000

    private mutating func release(_ peer: Peer, at moment: Moment, _ logs: inout ConnectionLogs) {
        guard !paused.contains(peer), peer == .client || isServerOpen, let events = held[peer] else { return }
        held[peer] = nil
        for event in events {
            if case .data(_, let bytes) = event { heldBytes -= bytes.count + VirtualPeers.heldEventBytes }
            receive(event, at: moment, &logs)
        }
    }

    private mutating func close(
        _ peer: Peer, at time: Timestamp, _ moment: Moment, _ logs: inout ConnectionLogs
    ) {
        switch peer {
        case .client: if let clientLog { logs.client?.close(clientLog, .responder, at: time) }
        case .server: if let serverLog { logs.server?.close(serverLog, .initiator, at: time) }
        }
        guard !closed.contains(peer), !closed.contains(peer.other), !gone.contains(peer) else { return }
        let roundTrip = peer == .client ? ends.clientRoundTrip : ends.serverRoundTrip
        follows[peer] = moment.time.advanced(by: max(roundTrip, VirtualPeers.turnaround))
    }

    private mutating func openServer(
        _ address: ServerAddress, at time: Timestamp, after captured: Timestamp, _ logs: inout ConnectionLogs
    ) {
        // A name stands for the server that the capture shows in its place.
        var server = ends.server
        if case .endpoint(let endpoint) = address { server = endpoint }
        let own = settings.addresses.first { $0.family == server.address.family }
        let source = own.map { Endpoint($0, port) } ?? ends.client
        guard source.address.family == server.address.family else { return }
        gone.remove(.server)
        closed.remove(.server)
        let stack = StackProfile.gateway(.server, from: source, to: server, seed: settings.seed, at: time)
        let plan = ConnectionPlan(
            ends.transport, initiator: source, responder: server, initiatorStack: stack,
            responderStack: ends.serverStack, gateway: .initiator, roundTrip: ends.serverRoundTrip)
        upstream = SessionResult.Upstream(
            source: source, initialSequence: ends.transport == .tcp ? stack.initialSequence : nil)
        serverLog = logs.server?.open(plan, at: time)
        if ends.transport == .tcp {
            let established = ConnectionLog.establishment(of: plan, openedAt: time)
            lag = max(lag, captured.duration(to: established))
        }
    }
}

extension SessionEvent {
    /// Whose doing it is.
    fileprivate var peer: Peer? {
        switch self {
        case .data(let peer, _), .closed(let peer), .reset(let peer), .gap(let peer),
            .overlapConflict(let peer):
            peer
        default: nil
        }
    }
}
