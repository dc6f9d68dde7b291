public import Packets

/// Connection tracking (`nf_conntrack_core.c`): knows the connections, and says of each packet to which it
/// belongs.
///
/// A packet goes through it twice, as in the kernel. `track`, behind the raw table in PREROUTING or OUTPUT,
/// finds its connection or makes a new one that nobody else can see yet. At the end of POSTROUTING or INPUT
/// the caller calls `confirm`; if the packet was dropped before, `discard`, which leaves no trace of a new
/// connection. A packet that comes in again over loopback keeps what it has: it is `refresh`ed, not tracked
/// anew.
public struct ConnectionTable: ~Copyable {
    public let settings: ConntrackSettings
    let seed: UInt64
    var connections = ConnectionSlab()
    var index = TupleIndex()
    var sources = SourceIndex()
    var lots: LotDrawer
    /// The connection that the packet which came last has ended: its rules still see the labels.
    var ended: (handle: FlowHandle, labels: UInt128)?
    /// By entry.
    var helped: [Int: HelpedConnection] = [:]
    var expectations = ExpectationStore()
    var greKeys = GREKeymap()
    /// What packets had to do with expectations since `forgetExpectationEvents`.
    public internal(set) var expectationEvents: [ExpectationEvent] = []
    /// Where the search for expired entries goes on.
    private var sweepPosition = 0

    public static let defaultSeed: UInt64 = 0x243f_6a88_85a3_08d3

    /// - Parameter seed: makes the hash unpredictable to whoever made the packets. Results depend on it only
    ///   in which connections early drop chooses.
    /// - Parameter lots: from which ports are drawn where the kernel draws lots.
    public init(
        settings: ConntrackSettings = ConntrackSettings(), seed: UInt64 = ConnectionTable.defaultSeed,
        lots: UInt64 = 0
    ) {
        self.settings = settings
        self.seed = seed
        self.lots = LotDrawer(seed: lots)
    }

    /// How many connections there are, unconfirmed and not yet swept ones included.
    public var count: Int { connections.count }

    /// Whether `track` will look at a packet's checksum, so that it is worth computing.
    public func needsChecksum(_ packet: Packet, hook: Hook) -> Bool {
        settings.checksum && hook == .prerouting
            && TrackedProtocols.verifiesChecksum(packet.transportProtocol)
            && packet.flags.contains(.hasTransportHeader)
    }

    /// Finds the connection of a packet in PREROUTING or OUTPUT (`nf_conntrack_in`).
    ///
    /// - Parameters:
    ///   - packet: decoded from `bytes` and reassembled: a fragment behind the first is INVALID.
    ///   - bytes: the frame, as the packet's offsets count.
    ///   - checksum: matters only where `needsChecksum` says so. A UDP checksum of 0 is none, whatever the
    ///     verdict.
    ///   - zone: in which the packet's connection is looked for, and begun.
    ///   - helper: who is to help the packet's connection if it is a new one that nobody expected.
    ///   - now: the packet's time; it may go backwards.
    public mutating func track(
        _ packet: Packet, bytes: RawSpan, checksum: ChecksumVerdict, hook: Hook,
        zone: TupleZones = TupleZones(), helper: HelperName? = nil, at now: Timestamp
    ) -> Tracking {
        guard !packet.isLaterFragment else { return invalid(.fragment, packet) }
        let hasNoTransport =
            packet.flags.contains(.brokenHeaderChain)
            || (packet.family == .ipv6 && packet.transportProtocol == .ipv6NoNext)
        guard !hasNoTransport else { return invalid(.noTransportHeader, packet) }

        let checksum = needsChecksum(packet, hook: hook) ? checksum : .notVerified
        if packet.transportProtocol == .icmp || packet.transportProtocol == .icmpv6 {
            switch ICMPClass(packet, bytes, checksum) {
            case .query: break
            case .untracked: return Tracking(flow: FlowView(state: .untracked, family: packet.family))
            case .invalid(let reason): return invalid(reason, packet)
            case .error(let quoted): return trackError(packet, bytes, quotedAt: quoted, zone, now)
            }
        }

        var tuple: FlowTuple
        do throws(UntrackablePacket) {
            tuple = try FlowTuple(of: packet, bytes: bytes)
        } catch {
            return invalid(error.reason, packet)
        }
        tuple = completed(tuple, TransportBytes(of: packet), bytes)
        tuple.zone = zone.original
        let hash = tuple.hash(seed: seed)
        while true {
            let place: TupleIndex.Reference
            if let known = find(tuple, hash: hash, in: zone, now) {
                place = known
            } else {
                guard var inverse = tuple.inverse else { return invalid(.icmpType, packet) }
                guard makeRoom(near: hash, now) else {
                    return Tracking(flow: FlowView(state: .invalid, family: packet.family), isTableFull: true)
                }
                inverse.zone = zone.reply
                place = begin(tuple, inverse, hash: hash)
                let isExpected = expectations.count > 0 && meetExpectation(place.entry, zone: zone, now)
                if !isExpected { connections[place.entry].helper = helper }
            }
            let entry = place.entry
            let direction = place.direction
            let state = connections[entry].state(of: direction)
            let context = PacketContext(
                direction: direction, now: now, packetLength: packet.totalLength, checksum: checksum,
                acknowledgementOffset: acknowledgementOffset(packet, entry, direction))
            switch TrackedProtocols.track(&connections[entry], packet, bytes, context, settings) {
            case .accepted:
                if direction == .reply { connections[entry].status.insert(.seenReply) }
                return tracking(place, state, now)
            case .ended:
                if direction == .reply { connections[entry].status.insert(.seenReply) }
                connections[entry].status.insert(.dying)
                let last = tracking(place, state, now)
                ended = (last.handle, connections[entry].labels)
                remove(entry)
                return last
            case .reopened:
                remove(entry)
            case .invalid(let reason):
                if !connections[entry].isConfirmed { remove(entry) }
                return invalid(reason, packet)
            }
        }
    }

    /// Makes a new connection known to the packets that follow. Harmless for packets of known connections,
    /// and for those that the host makes itself in answer to others.
    /// - Returns: false if the kernel would drop the packet, because its tuple or that of its answers was
    ///   taken since.
    public mutating func confirm(_ tracking: Tracking) -> Bool {
        guard !tracking.flow.isReply, let entry = entry(of: tracking.handle), !connections[entry].isConfirmed
        else {
            return true
        }
        let original = connections[entry].original
        let reply = connections[entry].reply
        let replyHash = reply.hash(seed: seed)
        guard index.find(original, hash: connections[entry].originalHash, in: connections) == nil,
            index.find(reply, hash: replyHash, in: connections) == nil
        else {
            remove(entry)
            return false
        }
        connections[entry].replyHash = replyHash
        connections[entry].status.insert(.confirmed)
        index.insert(TupleIndex.Reference(entry, .reply), hash: replyHash)
        // Of a packet to its own address and port, every packet is a reply.
        if !original.matches(reply) {
            index.insert(TupleIndex.Reference(entry, .original), hash: connections[entry].originalHash)
        }
        return true
    }

    /// Forgets a connection that its dropped packet would have begun. Harmless for confirmed connections.
    public mutating func discard(_ tracking: Tracking) {
        guard let entry = entry(of: tracking.handle), !connections[entry].isConfirmed else { return }
        remove(entry)
    }

    /// The host resets a known TCP connection (REJECT `--reject-with tcp-reset`): it is CLOSE from now on.
    public mutating func reset(_ tracking: Tracking, at now: Timestamp) {
        guard let entry = entry(of: tracking.handle), connections[entry].original.transportProtocol == .tcp
        else {
            return
        }
        TCPTracker.reset(&connections[entry], at: now, settings)
    }

    /// Brings what rules see of a packet's connection up to date, for a packet that enters again over
    /// loopback. Its state and direction stay.
    public func refresh(_ tracking: inout Tracking, at now: Timestamp) {
        guard let entry = entry(of: tracking.handle) else { return }
        tracking.flow.update(connections[entry], at: now)
    }

    /// What the rules write on a connection (`CONNMARK`).
    public mutating func setMark(_ mark: UInt32, of tracking: Tracking) {
        guard let entry = entry(of: tracking.handle) else { return }
        connections[entry].mark = mark
    }

    // MARK: -

    private mutating func begin(
        _ original: FlowTuple, _ reply: FlowTuple, hash: UInt32
    ) -> TupleIndex.Reference {
        let entry = connections.allocate(original: original, reply: reply)
        connections[entry].originalHash = hash
        return TupleIndex.Reference(entry, .original)
    }

    private func invalid(_ reason: InvalidReason, _ packet: Packet) -> Tracking {
        Tracking(flow: FlowView(state: .invalid, family: packet.family), invalidReason: reason)
    }

    /// An ICMP error belongs to the connection of the packet that it quotes (`nf_conntrack_inet_error`).
    private mutating func trackError(
        _ packet: Packet, _ bytes: RawSpan, quotedAt offset: Int, _ zone: TupleZones, _ now: Timestamp
    ) -> Tracking {
        let end = TransportBytes(of: packet).end
        guard let quoted = FlowTuple(quotedAt: offset, before: end, family: packet.family, bytes),
            var answers = quoted.inverse
        else { return invalid(.icmpErrorUnreadable, packet) }
        answers.zone = zone.original
        guard let place = find(answers, hash: answers.hash(seed: seed), in: zone, now) else {
            return invalid(.icmpErrorUnknownFlow, packet)
        }
        // It has to go where the quoted packet came from.
        guard packet.destination == answers.destination else {
            return invalid(.icmpErrorWrongDestination, packet)
        }
        return tracking(place, .related, now)
    }

    private func tracking(_ place: TupleIndex.Reference, _ state: ConnectionState, _ now: Timestamp)
        -> Tracking
    {
        let entry = place.entry
        var flow = FlowView(
            connections[entry], handle(of: entry), state: state, isReply: place.direction == .reply, at: now)
        if flow.status.contains(.expected), let master = helped[entry]?.master {
            flow.masterHelper = master.helper
            flow.masterSource = master.source
        }
        return Tracking(flow: flow, certainty: connections[entry].certainty)
    }

    func handle(of entry: Int) -> FlowHandle {
        FlowHandle(index: UInt32(entry), generation: connections[entry].generation)
    }

    func entry(of handle: FlowHandle) -> Int? {
        let entry = Int(handle.index)
        guard entry < connections.extent, connections[entry].generation == handle.generation else {
            return nil
        }
        return entry
    }

    /// The connection to which packets belong that answer a tuple: they are told apart by what comes in.
    mutating func holder(of tuple: FlowTuple, _ now: Timestamp) -> TupleIndex.Reference? {
        guard let answers = tuple.inverse else { return nil }
        return find(answers, hash: answers.hash(seed: seed), now)
    }

    /// The same for a packet of a zone that may be one of only one direction (`resolve_normal_ct`).
    /// - Parameter tuple: in `zone.original`.
    private mutating func find(
        _ tuple: FlowTuple, hash: UInt32, in zone: TupleZones, _ now: Timestamp
    ) -> TupleIndex.Reference? {
        let found = find(tuple, hash: hash, now)
        guard zone.original != zone.reply else { return found }
        if let found, found.direction == .original { return found }
        var answer = tuple
        answer.zone = zone.reply
        let reply = find(answer, hash: answer.hash(seed: seed), now)
        return reply?.direction == .reply ? reply : nil
    }

    private mutating func find(_ tuple: FlowTuple, hash: UInt32, _ now: Timestamp) -> TupleIndex.Reference? {
        guard let place = index.find(tuple, hash: hash, in: connections) else { return nil }
        guard !connections[place.entry].isExpired(at: now) else {
            remove(place.entry)
            return nil
        }
        return place
    }

    mutating func remove(_ entry: Int) {
        if !helped.isEmpty { forgetHelp(entry) }
        if connections[entry].status.contains(.sourceNATDecided) {
            sources.remove(entry, connections[entry].original)
        }
        if connections[entry].isConfirmed {
            index.remove(TupleIndex.Reference(entry, .reply), hash: connections[entry].replyHash)
            index.remove(TupleIndex.Reference(entry, .original), hash: connections[entry].originalHash)
        }
        connections.free(entry)
    }

    /// Whether there may be one connection more. Each new one pays for looking at four old ones, so that
    /// expired ones never make up much of the table.
    private mutating func makeRoom(near hash: UInt32, _ now: Timestamp) -> Bool {
        for _ in 0..<min(4, connections.extent) {
            if sweepPosition >= connections.extent { sweepPosition = 0 }
            if connections[sweepPosition].isInUse, connections[sweepPosition].isExpired(at: now) {
                remove(sweepPosition)
            }
            sweepPosition += 1
        }
        let maximum =
            settings.maximumConnections == 0 ? ConnectionSlab.limit : Int(settings.maximumConnections)
        return connections.count < min(maximum, ConnectionSlab.limit) || dropEarly(near: hash, now)
    }

    /// How many buckets of the kernel's are looked through for a connection to give up (`NF_CT_EVICTION_RANGE`).
    private static let evictionRange: UInt64 = 8

    /// Gives up connections that aren't assured to make room (`early_drop`): all those of the first bucket that has any,
    /// among eight from the one where the new connection is going to be. Where the table has far more buckets than it may
    /// hold connections, most buckets are empty, and the new one is turned away instead.
    ///
    /// Tuples are in the kernel's buckets by their hashes, as here; only the hash is another one.
    private mutating func dropEarly(near hash: UInt32, _ now: Timestamp) -> Bool {
        let buckets = UInt64(max(settings.buckets, 1))
        var bucket = (UInt64(hash) * buckets) >> 32
        for _ in 0..<ConnectionTable.evictionRange {
            // `reciprocal_scale` the other way round.
            let first = (bucket << 32 + buckets - 1) / buckets
            let end = ((bucket + 1) << 32 + buckets - 1) / buckets
            if first < end {
                let range = UInt32(first)...UInt32(end - 1)
                if giveUp(index.references(hashed: range, limit: 4096), now) { return true }
            }
            bucket = (bucket + 1) % buckets
        }
        return false
    }

    /// Whether one was given up that hadn't expired.
    private mutating func giveUp(_ references: [TupleIndex.Reference], _ now: Timestamp) -> Bool {
        var hasGivenUp = false
        for entry in references.lazy.map(\.entry) where connections[entry].isInUse {
            if connections[entry].isExpired(at: now) {
                remove(entry)
            } else if !connections[entry].status.contains(.assured) {
                remove(entry)
                hasGivenUp = true
            }
        }
        return hasGivenUp
    }
}
