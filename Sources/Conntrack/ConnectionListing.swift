public import Packets

/// A connection as a listing shows it (`conntrack -L -o extended`).
public struct ConnectionSummary: Sendable, BitwiseCopyable {
    public var original: FlowTuple
    public var reply: FlowTuple
    public var status: ConnectionStatus
    public var expiresIn: UInt32
    public var originalCounters: FlowCounters
    public var replyCounters: FlowCounters
    public var mark: UInt32
    public var helper: HelperName?
    private var tcpState: TCPState
    private var sctpState: SCTPState

    init(_ connection: Connection, at now: Timestamp) {
        original = connection.original
        reply = connection.reply
        status = connection.status
        expiresIn = connection.secondsLeft(at: now)
        originalCounters = connection.originalCounters
        replyCounters = connection.replyCounters
        mark = connection.mark
        helper = connection.helper
        tcpState = connection.tcp.state
        sctpState = connection.sctp.state
    }

    /// The protocol's own state, such as `SYN_SENT`; nil for protocols without one.
    public var stateName: String? {
        switch original.transportProtocol {
        case .tcp: tcpState.name
        case .sctp: sctpState.name
        default: nil
        }
    }
}

extension ConnectionTable {
    /// Calls `body` with each confirmed connection that lives at `now`, in the order in which they were
    /// created.
    public func forEachConnection(at now: Timestamp, _ body: (ConnectionSummary) -> Void) {
        var live: [(serial: UInt64, entry: Int)] = []
        for entry in 0..<connections.extent {
            let connection = connections[entry]
            if connection.isInUse, connection.isConfirmed, !connection.isExpired(at: now) {
                live.append((connection.serial, entry))
            }
        }
        live.sort { $0.serial < $1.serial }
        for (_, entry) in live { body(ConnectionSummary(connections[entry], at: now)) }
    }
}
