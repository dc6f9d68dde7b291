public import Conntrack
public import Packets
internal import RuleModel

/// The host's netfilter: rules of both families, connection tracking and routing, for packets in the order of
/// time.
public struct Firewall: ~Copyable {
    public let host: SimulatedHost
    public internal(set) var ipv4: MatchEngine
    public internal(set) var ipv6: MatchEngine
    public internal(set) var connections: ConnectionTable
    private let fragmentSettings: FragmentSettings
    var ipv4Fragments: Defragmenter
    var ipv6Fragments: Defragmenter
    var answerLimiter: AnswerLimiter
    /// What becomes of the host's own answers.
    public var answerHandling = AnswerHandling.make
    /// Whether the host answers echo requests that it lets in.
    public var answersEchoes = false
    /// The host's answer to the packet that was processed last.
    public internal(set) var answer: HostAnswer?
    /// Copies of the packet that was processed last, which rules sent to other machines.
    public internal(set) var copies: [SentCopy] = []
    var isSendingCopies = false
    /// The new connection of the packet that waits for its answer, to be forgotten with it.
    var answered: Tracking?
    /// The packet's frame, as soon as rules have changed it.
    var rewritten: [UInt8]?
    /// The connection of the packet that was processed last, if it got no further.
    public internal(set) var refusedFlow: FlowView?
    /// Whether `outcome` is wanted.
    public var keepsOutcome = false
    /// The IP packet as it leaves or is delivered, if it was accepted.
    public internal(set) var outcome: [UInt8]?
    /// The connection of the packet that was processed last, if it got a port or identifier by lot.
    var drawn: Tracking?
    /// How the packet that was processed last was put together; nil if it came in one piece.
    private var reassembly: PacketFragmenter.Reassembly?
    let fixedPath: FixedPath?
    private let memory: SharedMemory
    let checksums: ChecksumTrust
    /// Of the packets that connection tracking verified, how many left their checksum to a network card.
    public internal(set) var offloadedChecksums: UInt64 = 0
    var offload = OffloadEvidence()
    public var stateSource = StateSource.tracking
    /// Whether what goes to the kernel's log is kept (`MatchEngine.logged`).
    public var keepsLogged = false {
        didSet {
            ipv4.keepsLogged = keepsLogged
            ipv6.keepsLogged = keepsLogged
        }
    }
    /// Whether rules count the next packet, and the host's answer to it, apart as well (`MatchEngine.apart`).
    public var countsApart = false {
        didSet {
            ipv4.countsApart = countsApart
            ipv6.countsApart = countsApart
        }
    }

    /// - Parameters:
    ///   - ipv4: nil if there are none for the family: its packets pass empty chains.
    ///   - fixedPath: the way of every packet, whatever routing would say.
    ///   - seed: from which lots are drawn where the kernel draws them.
    public init(
        host: SimulatedHost, ipv4: CompiledRules?, ipv6: CompiledRules?,
        conntrack settings: ConntrackSettings = ConntrackSettings(),
        fragments: FragmentSettings = FragmentSettings(), answerLimits: AnswerLimits = AnswerLimits(),
        fixedPath: FixedPath? = nil,
        checksums: ChecksumTrust = .verifyUnlessOffloaded, seed: UInt64 = 0
    ) {
        precondition(ipv4?.family != .ipv6 && ipv6?.family != .ipv4)
        self.host = host
        memory = SharedMemory(seed: seed)
        self.ipv4 = MatchEngine(ipv4, memory: memory)
        self.ipv6 = MatchEngine(ipv6, memory: memory)
        connections = ConnectionTable(
            settings: settings, seed: ConnectionTable.defaultSeed ^ seed, lots: seed)
        fragmentSettings = fragments
        ipv4Fragments = Defragmenter(.ipv4, settings: fragments)
        ipv6Fragments = Defragmenter(.ipv6, settings: fragments)
        answerLimiter = AnswerLimiter(answerLimits)
        self.fixedPath = fixedPath
        self.checksums = checksums
    }

    /// Lets interface patterns know of names that were given out since the rules were compiled.
    public mutating func admit(_ interfaces: InterfaceTable) {
        memory.interfaces = interfaces
        ipv4.admit(interfaces)
        ipv6.admit(interfaces)
    }

    /// The same rules and host, with nothing counted and no connection known yet.
    public func unused() -> Firewall {
        Firewall(
            host: host, ipv4: ipv4.rules, ipv6: ipv6.rules, conntrack: connections.settings,
            fragments: fragmentSettings, answerLimits: answerLimiter.limits, fixedPath: fixedPath,
            checksums: checksums, seed: memory.seed)
    }

    public func tracksConnections(_ family: AddressFamily) -> Bool {
        (family == .ipv4 ? ipv4.rules?.needsConntrack : ipv6.rules?.needsConntrack) ?? false
    }

    /// Sends a packet through the hooks.
    ///
    /// - Parameters:
    ///   - packet: decoded from `bytes`; forwarding takes one from its hop limit. If it completes a packet
    ///     (`TraversalResult.fragments`), that whole packet is written to it, as it arrived.
    ///   - metadata: `inInterface` of an arriving packet, `timestamp`, MAC addresses and packet type are the
    ///     caller's; `outInterface` too for a packet that the host sends, if it is known. Marks and the
    ///     interfaces that routing finds are written to it.
    ///   - bytes: the frame.
    public mutating func process(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, bytes: RawSpan, origin: PacketOrigin
    ) -> TraversalResult {
        var observer = NoObserver()
        return traverse(&packet, &metadata, bytes, origin, &observer)
    }

    /// The same, and every rule that the packet meets goes to `trace`.
    public mutating func process(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, bytes: RawSpan, origin: PacketOrigin,
        trace: inout RuleTrace
    ) -> TraversalResult {
        let result = traverse(&packet, &metadata, bytes, origin, &trace)
        trace.expectations = connections.expectationEvents
        return result
    }

    private mutating func traverse<Observer: TraversalObserver>(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan, _ origin: PacketOrigin,
        _ observer: inout Observer
    ) -> TraversalResult {
        forgetLast()
        ipv4.missingFacts = 0
        ipv6.missingFacts = 0
        memory.chance.hasDrawn = false
        let isSent = fixedPath.map { $0.path == .output } ?? (origin == .sentByHost)
        if !isSent, metadata.packetType == .otherHost, fixedPath == nil {
            var result = TraversalResult()
            result.verdict = .routedAway
            result.routedAwayReason = .notForUs
            return result
        }
        var result: TraversalResult
        if Defragmenter.concerns(packet), stateSource == .tracking, tracksConnections(packet.family) {
            result = gather(&packet, &metadata, bytes, isSent: isSent, &observer)
        } else {
            result = follow(&packet, &metadata, bytes, isSent: isSent, &observer)
        }
        result.missingFacts = packet.family == .ipv4 ? ipv4.missingFacts : ipv6.missingFacts
        result.isByChance = memory.chance.hasDrawn
        if !copies.isEmpty { sendCopies() }
        if answer != nil, answerHandling == .make { settleAnswer(isSent: true) }
        return result
    }

    /// The way of a packet that is no fragment, or isn't put together ahead of the tables.
    private mutating func follow<Observer: TraversalObserver>(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan, isSent: Bool,
        _ observer: inout Observer
    ) -> TraversalResult {
        var traversal = HookTraversal(packet, metadata, tracks: tracksConnections(packet.family))
        if isSent {
            traversal.send(&packet, &metadata, bytes, &self, &observer)
        } else {
            traversal.arrive(&packet, &metadata, bytes, &self, &observer)
        }
        if keepsOutcome, traversal.result.verdict == .accept {
            outcome = withCurrentFrame(rewritten, bytes) { PacketRewriter.packet(packet, from: $0) }
        }
        return traversal.result
    }

    /// Connection tracking gathers fragments ahead of every table (`nf_defrag_ipv4.c`, `nf_defrag_ipv6_hooks.c`).
    @inline(never)
    private mutating func gather<Observer: TraversalObserver>(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan, isSent: Bool,
        _ observer: inout Observer
    ) -> TraversalResult {
        let user = isSent ? FragmentUser.sentByHost : .arriving
        let fate =
            packet.family == .ipv4
            ? ipv4Fragments.add(packet, metadata, bytes: bytes, user: user)
            : ipv6Fragments.add(packet, metadata, bytes: bytes, user: user)
        var result = TraversalResult()
        result.verdict = .stolen
        if isSent { result.path = .output }
        switch fate {
        case .passed: return follow(&packet, &metadata, bytes, isSent: isSent, &observer)
        case .held: return result
        case .discarded(let fault):
            if fault == .truncated {
                result.verdict = .drop
                result.silentDrop = .reassembly
            }
            result.fragmentFault = fault
            return result
        case .completed(let datagram):
            // The caller's is the packet as it arrived.
            packet = datagram.packet
            metadata = datagram.metadata
            var whole = packet
            reassembly = PacketFragmenter.Reassembly(
                largest: metadata.largestFragment, lengths: datagram.lengths)
            result = follow(&whole, &metadata, datagram.bytes.span.bytes, isSent: isSent, &observer)
            result.fragments = datagram.fragments
            return result
        }
    }

    /// What leaves of an IP packet, which may be longer than its way takes: the packet, or its fragments.
    /// - Parameter isOwn: the host made it, rather than passing on the packet that was processed last.
    public borrowing func emissions(of packet: [UInt8], by out: InterfaceID, isOwn: Bool) -> [[UInt8]] {
        let mtu = host.mtu(out).map { host.linkLimit($0, packet.first.map { $0 >> 4 } == 6 ? .ipv6 : .ipv4) }
        return PacketFragmenter.packets(
            of: packet, mtu: mtu, reassembly: isOwn ? nil : reassembly, identification: 0)
    }

    // MARK: Answers

    /// With `AnswerHandling.ask`, says whether the answer to the packet that was processed last goes out.
    public mutating func settleAnswer(isSent: Bool) {
        guard var first = answer, first.traversal == nil else { return }
        if isSent { send(&first) }
        if let answered { connections.discard(answered) }
        answered = nil
        answer = first
    }

    /// Forgets what the packet that was processed last left: its answer, copies, log lines. For frames that are no packet
    /// for the rules; the next packet does it by itself.
    public mutating func forgetLast() {
        if answer != nil {
            settleAnswer(isSent: false)
            answer = nil
        }
        refusedFlow = nil
        outcome = nil
        rewritten = nil
        reassembly = nil
        drawn = nil
        if !copies.isEmpty { copies = [] }
        connections.forgetExpectationEvents()
        ipv4.isTraced = false
        ipv6.isTraced = false
        if !ipv4.logged.isEmpty { ipv4.logged.removeAll() }
        if !ipv6.logged.isEmpty { ipv6.logged.removeAll() }
    }

    /// Sends an answer; rules may refuse it, and be answered in turn, but nothing answers an ICMP error.
    private mutating func send(_ first: inout HostAnswer) {
        let rewritten = rewritten
        self.rewritten = nil
        defer { self.rewritten = rewritten }
        let original = answered
        answer = nil
        answered = nil
        // The kernel traces the packet, not its answer.
        ipv4.isTraced = false
        ipv6.isTraced = false
        var traversal = HookTraversal(
            first.packet, first.metadata, tracks: tracksConnections(first.packet.family))
        traversal.sendAnswer(&first, to: original, &self)
        if var second = answer {
            var traversal = HookTraversal(
                second.packet, second.metadata, tracks: tracksConnections(second.packet.family))
            let first = answered
            answer = nil
            traversal.sendAnswer(&second, to: first, &self)
            if let first { connections.discard(first) }
        }
        answer = nil
        answered = original
    }
}

/// Whether a packet comes from the network or from the host's own sockets.
public enum PacketOrigin: UInt8, Sendable, BitwiseCopyable {
    case arriving, sentByHost
}

/// A way that every packet takes (`--hook`), instead of the one that routing would find. Only the hop limit
/// can still end a packet on the path FORWARD.
public struct FixedPath: Sendable, Hashable {
    public var path: PacketPath
    public var outInterface: InterfaceID

    public init(_ path: PacketPath, outInterface: InterfaceID = .none) {
        self.path = path
        self.outInterface = outInterface
    }
}

/// Which checksums of a capture are believed to be what was on the wire.
public enum ChecksumTrust: String, Sendable, CaseIterable {
    /// None: all count as right.
    case ignore
    /// All but those that look as if a network card was to complete them.
    case verifyUnlessOffloaded = "verify-unless-offloaded"
    case verify

    /// Whether a checksum makes the packet one that counts.
    public func verdict(_ checksum: TransportChecksum) -> ChecksumVerdict {
        switch (self, checksum) {
        case (.ignore, _), (_, .unverifiable), (_, .absent): .notVerified
        case (_, .valid), (.verifyUnlessOffloaded, .offloaded): .good
        case (.verify, .offloaded), (_, .invalid): .bad
        }
    }
}
