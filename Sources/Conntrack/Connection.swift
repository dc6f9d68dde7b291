internal import Packets

/// A tracked connection: an entry of the table.
struct Connection: BitwiseCopyable {
    var original: FlowTuple
    /// What answers look like. Its own tuple, not computed from `original`, because address translation parts
    /// them.
    var reply: FlowTuple
    /// Nanoseconds on the capture's clock; at or after it, the connection is gone.
    var expires: Int64
    var status: ConnectionStatus
    /// Odd while the entry is in use, even while it is free, and never the same again.
    var generation: UInt32
    var originalHash: UInt32
    var replyHash: UInt32
    var tcp: TCPConnection
    var sctp: SCTPAssociation
    /// UDP: when the exchange counts as a stream.
    var streamFrom: Timestamp
    var originalCounters: FlowCounters
    var replyCounters: FlowCounters
    /// Connections are numbered in the order in which they were created.
    var serial: UInt64
    var certainty: TranslationCertainty
    /// What CONNMARK wrote.
    var mark: UInt32
    /// What `connlabel` wrote: one bit a label.
    var labels: UInt128
    /// Who reads its packets; what else helpers know of it is in `ConnectionTable.helped`.
    var helper: HelperName?

    init(original: FlowTuple, reply: FlowTuple, generation: UInt32, serial: UInt64) {
        self.original = original
        self.reply = reply
        expires = .max
        status = []
        self.generation = generation
        originalHash = 0
        replyHash = 0
        tcp = TCPConnection()
        sctp = SCTPAssociation()
        streamFrom = Timestamp(nanoseconds: 0)
        originalCounters = FlowCounters()
        replyCounters = FlowCounters()
        self.serial = serial
        certainty = .exact
        mark = 0
        labels = 0
        helper = nil
    }

    /// The addresses and ports of packets that go in a direction, before any translation.
    subscript(direction: Direction) -> FlowTuple { direction == .original ? original : reply }

    var isInUse: Bool { generation & 1 == 1 }
    var isConfirmed: Bool { status.contains(.confirmed) }

    func isExpired(at now: Timestamp) -> Bool { expires <= now.nanoseconds }

    /// What rules see of a packet in a direction, before the packet itself changes anything.
    func state(of direction: Direction) -> ConnectionState {
        if direction == .reply || status.contains(.seenReply) { return .established }
        return status.contains(.expected) ? .related : .new
    }

    /// Whole seconds until it expires; 0 before it is confirmed, as its timer doesn't run yet.
    func secondsLeft(at now: Timestamp) -> UInt32 {
        guard isConfirmed, expires > now.nanoseconds else { return 0 }
        let (left, overflow) = expires.subtractingReportingOverflow(now.nanoseconds)
        return overflow ? .max : UInt32(clamping: left / 1_000_000_000)
    }

    mutating func expire(in seconds: UInt32, from now: Timestamp) {
        expires = now.advanced(bySeconds: seconds).nanoseconds
    }

    /// Counts a packet and restarts the timer (`nf_ct_refresh_acct`).
    mutating func refresh(_ seconds: UInt32, _ context: PacketContext) {
        expire(in: seconds, from: context.now)
        count(context)
    }

    mutating func count(_ context: PacketContext) {
        if context.direction == .original {
            originalCounters.add(bytes: context.packetLength)
        } else {
            replyCounters.add(bytes: context.packetLength)
        }
    }
}

/// What a tracker needs to know of a packet besides its headers.
struct PacketContext: BitwiseCopyable {
    var direction: Direction
    var now: Timestamp
    /// The IP packet's length in bytes.
    var packetLength: UInt32
    var checksum: ChecksumVerdict
    /// What the acknowledgement of a TCP segment is ahead of the numbers that its receiver counts in
    /// (`nf_ct_seq_offset`).
    var acknowledgementOffset: UInt32 = 0
}

extension FlowCounters {
    mutating func add(bytes: UInt32) {
        packets &+= 1
        self.bytes &+= UInt64(bytes)
    }
}

extension ConnectionStatus {
    /// The source or destination translation has been decided, be it to "none" (`IPS_SRC_NAT_DONE`,
    /// `IPS_DST_NAT_DONE`).
    static let sourceNATDecided = ConnectionStatus(rawValue: 1 << 7)
    static let destinationNATDecided = ConnectionStatus(rawValue: 1 << 8)
}

extension Timestamp {
    /// Saturates instead of overflowing.
    func advanced(bySeconds seconds: UInt32) -> Timestamp {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(Int64(seconds) * 1_000_000_000)
        return Timestamp(nanoseconds: overflow ? .max : sum)
    }
}

extension FlowView {
    init(
        _ connection: Connection, _ handle: FlowHandle, state: ConnectionState, isReply: Bool,
        at now: Timestamp
    ) {
        self.init(state: state)
        self.isReply = isReply
        self.handle = handle
        exists = true
        original = connection.original
        reply = connection.reply
        update(connection, at: now)
    }

    /// What may change while the packet is on its way.
    mutating func update(_ connection: Connection, at now: Timestamp) {
        status = connection.status
        expiresIn = connection.secondsLeft(at: now)
        mark = connection.mark
        originalCounters = connection.originalCounters
        replyCounters = connection.replyCounters
    }
}
