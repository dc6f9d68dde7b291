public import Packets

public enum ConnectionRole: Hashable, Sendable, BitwiseCopyable {
    /// Who sends the SYN, or the first datagram.
    case initiator
    case responder

    public var other: ConnectionRole { self == .initiator ? .responder : .initiator }
}

/// A connection to be written.
public struct ConnectionPlan: Sendable {
    public var transport: SessionTransport
    public var initiator: Endpoint
    public var responder: Endpoint
    public var initiatorStack: StackProfile
    public var responderStack: StackProfile
    /// Which end is the gateway's.
    public var gateway: ConnectionRole
    /// How long the other end's answer takes: nanoseconds.
    public var roundTrip: Int64

    public init(
        _ transport: SessionTransport, initiator: Endpoint, responder: Endpoint,
        initiatorStack: StackProfile, responderStack: StackProfile, gateway: ConnectionRole, roundTrip: Int64
    ) {
        self.transport = transport
        self.initiator = initiator
        self.responder = responder
        self.initiatorStack = initiatorStack
        self.responderStack = responderStack
        self.gateway = gateway
        self.roundTrip = max(roundTrip, 2 * ModelConnection.turnaround)
    }
}

/// An Ethernet frame of a written connection.
public struct LoggedFrame: Sendable {
    public var time: Timestamp
    public var bytes: [UInt8]
}

/// Writes connections as the packets that carry them: handshakes, segments, acknowledgements, closes.
///
/// What is asked for is done when `advance` passes its time, so that frames of all connections come in the order of
/// time; what is asked for later than that is done at once.
public struct ConnectionLog: Sendable {
    public struct ID: Hashable, Sendable {
        fileprivate var number: UInt64
    }

    /// What waits is done early rather than let grow over this: bytes to send, and actions.
    private static let queuedByteLimit = 16 << 20
    private static let queuedActionLimit = 1 << 17

    private var connections: [UInt64: ModelConnection] = [:]
    private var queue = TimeQueue<(connection: UInt64, action: ModelConnection.Action)>()
    private var queuedBytes = 0
    private var next: UInt64 = 0
    private var now = Timestamp(nanoseconds: .min)
    private var frames: [LoggedFrame] = []

    public init() {}

    // MARK: Connections

    /// Begins a connection; of TCP, the handshake takes its round trip.
    /// - Parameter establishment: when the initiator ends the handshake; nil for as soon as it can.
    public mutating func open(
        _ plan: ConnectionPlan, at time: Timestamp, established establishment: Timestamp? = nil
    ) -> ID {
        let id = next
        next += 1
        connections[id] = ModelConnection(plan)
        guard plan.transport == .tcp else { return ID(number: id) }
        let time = max(time, now)
        let answer =
            plan.gateway == .responder
            ? time.advanced(by: ModelConnection.turnaround) : time.advanced(by: plan.roundTrip)
        let end = answer.advanced(by: ModelConnection.turnaround)
        queue.add((id, .ask), at: time)
        queue.add((id, .answer), at: answer)
        queue.add((id, .establish), at: max(end, establishment ?? end))
        return ID(number: id)
    }

    /// When a connection that a gateway opens now stands.
    public static func establishment(of plan: ConnectionPlan, openedAt time: Timestamp) -> Timestamp {
        time.advanced(by: plan.roundTrip).advanced(by: ModelConnection.turnaround)
    }

    /// - Parameter bytes: of the stream, or a datagram.
    public mutating func send(_ id: ID, _ role: ConnectionRole, _ bytes: [UInt8], at time: Timestamp) {
        guard let plan = connections[id.number]?.plan else { return }
        queuedBytes += bytes.count
        schedule(id, plan.transport == .tcp ? .send(role, bytes) : .datagram(role, bytes), at: time)
    }

    /// Sends what is left, then a FIN.
    public mutating func close(_ id: ID, _ role: ConnectionRole, at time: Timestamp) {
        guard connections[id.number]?.plan.transport == .tcp else { return }
        schedule(id, .close(role), at: time)
    }

    public mutating func reset(_ id: ID, _ role: ConnectionRole, at time: Timestamp) {
        guard connections[id.number]?.plan.transport == .tcp else { return }
        schedule(id, .reset(role), at: time)
    }

    /// Nothing more is asked for of an exchange of datagrams.
    public mutating func forget(_ id: ID, at time: Timestamp) {
        guard connections[id.number]?.plan.transport == .udp else { return }
        schedule(id, .reset(.initiator), at: time)
    }

    private mutating func schedule(_ id: ID, _ action: ModelConnection.Action, at time: Timestamp) {
        queue.add((id.number, action), at: max(time, now))
        while queuedBytes > ConnectionLog.queuedByteLimit || queue.count > ConnectionLog.queuedActionLimit,
            let earliest = queue.earliest
        {
            advance(to: earliest)
        }
    }

    // MARK: Time

    /// Does everything that is due by then.
    public mutating func advance(to time: Timestamp) {
        while let (due, (id, action)) = queue.take(until: time) {
            now = max(now, due)
            switch action {
            case .send(_, let bytes), .datagram(_, let bytes): queuedBytes -= bytes.count
            default: break
            }
            guard let consequences = connections[id]?.perform(action, at: now, &frames) else { continue }
            if connections[id]!.isOver { connections[id] = nil }
            for (delay, action) in consequences { queue.add((id, action), at: now.advanced(by: delay)) }
        }
        now = max(now, time)
    }

    /// Does what is left, whenever it is due.
    public mutating func finish() {
        while let earliest = queue.earliest { advance(to: earliest) }
        connections = [:]
    }

    /// The frames since the last call, in the order of time.
    public mutating func takeFrames() -> [LoggedFrame] {
        defer { frames = [] }
        return frames
    }
}
