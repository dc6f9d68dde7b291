internal import Conntrack
internal import Packets
internal import RuleModel

/// One packet's way through the hooks:
///
/// ```
///  arriving                                                                          leaving
///  PREROUTING ─ routing ┬─────────────────── FORWARD ───────────────────┬─ POSTROUTING ─→
///  raw                  │                    mangle (TTL - 1 before)    │  mangle
///  conntrack            │                    filter                     │  nat (source)
///  mangle               │                    security                   │  confirm
///  nat (destination)    ↓                                               │    │ lo: again PREROUTING,
///                     INPUT ── mangle, filter, security, nat (source),  │    ↓ without conntrack
///                              confirm                                OUTPUT ── raw, conntrack, mangle,
///                                                                               nat (destination), filter,
///                                                                               security
/// ```
///
/// The order within a hook is that of the kernel's priorities (`linux/netfilter_ipv4.h`). A drop in any table
/// is the end. nat is asked by a connection's first packet only.
struct HookTraversal: BitwiseCopyable {
    var result = TraversalResult()
    var words: PacketWords
    /// What conntrack said; before that and without it, UNTRACKED.
    var tracking: Tracking?
    var flow: FlowView
    private let tracks: Bool
    /// Whether the destination is one host, for what may be answered.
    var isUnicast = true
    /// A rule of raw keeps the packet from connection tracking.
    var isUntracked = false
    /// What a rule of raw says of the packet's zone.
    var zone: ZoneChoice?
    /// The way that OUTPUT found anew.
    var newWay: RouteDecision?
    /// The helper that a rule of raw gives the packet's connection.
    var helper: HelperName?

    init(_ packet: Packet, _ metadata: PacketMetadata, tracks: Bool) {
        flow = FlowView(state: .untracked, family: packet.family)
        words = PacketWords(packet, metadata, flow)
        self.tracks = tracks
    }

    /// A packet from the network.
    mutating func arrive<Observer: TraversalObserver>(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall,
        _ observer: inout Observer
    ) {
        setOutInterface(.none, &metadata)
        defer { if result.verdict != .accept { forget(&firewall) } }
        guard enter(.prerouting, &packet, &metadata, bytes, &firewall, &observer) else { return }

        let decision = withCurrentFrame(firewall.rewritten, bytes) { decide(packet, metadata, $0, firewall) }
        if firewall.host.isRouteUncertain(RouteQuery(packet, metadata), packet.family) {
            result.isRouteUncertain = firewall.fixedPath == nil
        }
        switch decision {
        case .drop(let reason):
            endByRouting(reason, packet, metadata, bytes, &firewall)
        case .deliver(let delivery):
            result.path = .input
            recordPassage(packet, metadata, bytes, &firewall)
            isUnicast = delivery == .unicast
            if packet.family == .ipv4, packet.isFragment {
                deliverFragment(&packet, &metadata, bytes, &firewall, &observer)
            } else {
                deliver(&packet, &metadata, bytes, &firewall, &observer)
            }
        case .forward(let out):
            result.path = .forward
            recordPassage(packet, metadata, bytes, &firewall)
            setOutInterface(out, &metadata)
            packet.hopLimit -= 1
            words[.hopLimit] = UInt32(packet.hopLimit)
            if firewall.fixedPath == nil { redirect(packet, metadata, bytes, &firewall) }
            guard
                run(
                    [.mangle, .filter, .security], at: .forward, &packet, &metadata, bytes, &firewall,
                    &observer)
            else { return }
            recordWayOut(packet, metadata, bytes, &firewall)
            leave(&packet, &metadata, bytes, &firewall, &observer)
            if firewall.fixedPath == nil, result.verdict == .accept,
                firewall.host.isTooLongForRoute(packet, metadata)
            {
                endByRouting(.fragmentationNeeded, packet, metadata, bytes, &firewall)
            }
        }
    }

    /// A packet of the host's own.
    mutating func send<Observer: TraversalObserver>(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall,
        _ observer: inout Observer
    ) {
        setInInterface(.none, &metadata)
        let way = firstWay(packet, metadata, firewall)
        if case .drop(let reason) = way {
            result.verdict = .routedAway
            result.routedAwayReason = reason
            return
        }
        setOutInterface(firewall.host.outInterface(of: way), &metadata)
        result.path = .output
        let type = firewall.host.addressType(of: packet.destinationAddress)
        isUnicast = type != .broadcast && type != .multicast
        defer { if result.verdict != .accept { forget(&firewall) } }
        goOut(&packet, &metadata, bytes, isLooped: way == .deliver(.unicast), &firewall, &observer)
    }

    /// A packet of the host's own whose way out is known.
    mutating func goOut<Observer: TraversalObserver>(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan, isLooped: Bool,
        _ firewall: inout Firewall, _ observer: inout Observer
    ) {
        guard enter(.output, &packet, &metadata, bytes, &firewall, &observer) else { return }
        if isDestinationTranslated, !reroute(packet, metadata, firewall) { return }
        // The hook goes on with the interface that it began with.
        guard run([.filter, .security], at: .output, &packet, &metadata, bytes, &firewall, &observer) else {
            return
        }
        var isLooped = isLooped
        if let newWay {
            isLooped = newWay == .deliver(.unicast)
            let out = firewall.host.outInterface(of: newWay)
            if out != .none { setOutInterface(out, &metadata) }
        }
        if !isLooped, firewall.loopsCopy(of: packet, metadata) {
            leaveWithCopy(&packet, &metadata, bytes, &firewall, &observer)
            return
        }
        leave(&packet, &metadata, bytes, &firewall, &observer)
        if isLooped, result.verdict == .accept { comeBack(&packet, &metadata, bytes, &firewall, &observer) }
    }

    // MARK: Stages

    /// PREROUTING, or OUTPUT up to nat. False if the packet is no more.
    private mutating func enter<Observer: TraversalObserver>(
        _ hook: Hook, _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall, _ observer: inout Observer
    ) -> Bool {
        guard run(.raw, at: hook, &packet, &metadata, bytes, &firewall, &observer) else { return false }
        if let state = firewall.stateSource.state(of: packet) {
            assume(state, packet)
        } else if tracks, tracking == nil, !isUntracked {
            let isTracked = withCurrentFrame(firewall.rewritten, bytes) {
                track(packet, metadata, $0, hook, &firewall)
            }
            guard isTracked else { return false }
        } else if tracks, isUntracked {
            result.connectionState = .untracked
        }
        let routed = RoutedHeader(packet, metadata)
        guard run(.mangle, at: hook, &packet, &metadata, bytes, &firewall, &observer) else { return false }
        if hook == .output, RoutedHeader(packet, metadata) != routed, !reroute(packet, metadata, firewall) {
            return false
        }
        return translate(.destination, at: hook, &packet, &metadata, bytes, &firewall, &observer)
    }

    private mutating func track(
        _ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan, _ hook: Hook,
        _ firewall: inout Firewall
    ) -> Bool {
        var checksum = ChecksumVerdict.notVerified
        if firewall.checksums != .ignore, firewall.connections.needsChecksum(packet, hook: hook) {
            // Connection tracking sums UDP-Lite with UDP's number in the pseudo-header, so a checksum that is right
            // by RFC 3828 is wrong to it (`udplite_error` in `nf_conntrack_proto_udp.c`).
            let found = firewall.offload.judge(
                packet.verifyTransportChecksum(
                    bytes, pseudoHeaderProtocol: packet.transportProtocol == .udpLite ? .udp : nil),
                packet.transportProtocol, on: metadata.inInterface)
            if found == .offloaded { firewall.offloadedChecksums &+= 1 }
            checksum = firewall.checksums.verdict(found)
        }
        let found = firewall.connections.track(
            packet, bytes: bytes, checksum: checksum, hook: hook,
            zone: zone?.tuples(mark: metadata.mark) ?? TupleZones(), helper: helper,
            at: metadata.timestamp)
        tracking = found
        flow = found.flow
        words[.connectionState] = UInt32(flow.state.rawValue)
        result.connectionState = flow.state
        result.invalidReason = found.invalidReason
        if found.isTableFull { drop(.connectionTableFull) }
        return !found.isTableFull
    }

    private mutating func assume(_ state: ConnectionState, _ packet: Packet) {
        flow = FlowView(assuming: state, for: packet)
        words[.connectionState] = UInt32(state.rawValue)
        result.connectionState = state
    }

    mutating func deliver<Observer: TraversalObserver>(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall,
        _ observer: inout Observer
    ) {
        guard
            run([.mangle, .filter, .security], at: .input, &packet, &metadata, bytes, &firewall, &observer),
            translate(.source, at: .input, &packet, &metadata, bytes, &firewall, &observer)
        else { return }
        confirm(&packet, metadata, bytes, &firewall)
        guard result.verdict == .accept else { return }
        withCurrentFrame(firewall.rewritten, bytes) { echo(packet, metadata, $0, &firewall) }
    }

    mutating func leave<Observer: TraversalObserver>(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall,
        _ observer: inout Observer
    ) {
        guard run(.mangle, at: .postrouting, &packet, &metadata, bytes, &firewall, &observer),
            translate(.source, at: .postrouting, &packet, &metadata, bytes, &firewall, &observer)
        else { return }
        confirm(&packet, metadata, bytes, &firewall)
    }

    /// A packet to the host itself enters again, with the connection that it has.
    mutating func comeBack<Observer: TraversalObserver>(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall,
        _ observer: inout Observer
    ) {
        setInInterface(metadata.outInterface, &metadata)
        setOutInterface(.none, &metadata)
        learnConnection(packet, metadata, firewall)
        // The state that is told is that of OUTPUT.
        let told = (result.connectionState, result.invalidReason)
        defer { (result.connectionState, result.invalidReason) = told }
        guard enter(.prerouting, &packet, &metadata, bytes, &firewall, &observer) else { return }
        if packet.family == .ipv4, packet.isFragment {
            deliverFragment(&packet, &metadata, bytes, &firewall, &observer)
        } else {
            deliver(&packet, &metadata, bytes, &firewall, &observer)
        }
    }

    /// A packet that goes no further leaves no connection behind, once its answer has gone out.
    func forget(_ firewall: inout Firewall) {
        guard let tracking else { return }
        firewall.refusedFlow = tracking.flow
        if firewall.answer == nil {
            firewall.connections.discard(tracking)
        } else {
            firewall.answered = tracking
        }
    }

    /// `nf_confirm`
    private mutating func confirm(
        _ packet: inout Packet, _ metadata: PacketMetadata, _ bytes: RawSpan, _ firewall: inout Firewall
    ) {
        guard let tracking else { return }
        if firewall.connections.needsHelp(tracking) {
            guard help(tracking, &packet, metadata, bytes, &firewall) else { return }
        }
        if !firewall.connections.confirm(tracking) { drop(.connectionClash) }
    }

    mutating func drop(_ cause: SilentDrop) {
        result.verdict = .drop
        result.silentDrop = cause
        result.rule = nil
    }

    // MARK: Routing

    private func decide(
        _ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan,
        _ firewall: borrowing Firewall
    ) -> RouteDecision {
        guard let fixed = firewall.fixedPath else { return firewall.host.route(packet, metadata, bytes) }
        if fixed.path == .input { return .deliver(.unicast) }
        return packet.hopLimit <= 1 ? .drop(.ttlExceeded) : .forward(outInterface: fixed.outInterface)
    }

    mutating func setInInterface(_ id: InterfaceID, _ metadata: inout PacketMetadata) {
        metadata.inInterface = id
        words[.inInterface] = UInt32(id.rawValue)
    }

    mutating func setOutInterface(_ id: InterfaceID, _ metadata: inout PacketMetadata) {
        metadata.outInterface = id
        words[.outInterface] = UInt32(id.rawValue)
        if id != .none { result.outInterface = id }
    }

    // MARK: Tables

    private mutating func run<Observer: TraversalObserver>(
        _ tables: InlineArray<2, TableKind>, at hook: Hook, _ packet: inout Packet,
        _ metadata: inout PacketMetadata, _ bytes: RawSpan, _ firewall: inout Firewall,
        _ observer: inout Observer
    ) -> Bool {
        run(tables[0], at: hook, &packet, &metadata, bytes, &firewall, &observer)
            && run(tables[1], at: hook, &packet, &metadata, bytes, &firewall, &observer)
    }

    private mutating func run<Observer: TraversalObserver>(
        _ tables: InlineArray<3, TableKind>, at hook: Hook, _ packet: inout Packet,
        _ metadata: inout PacketMetadata, _ bytes: RawSpan, _ firewall: inout Firewall,
        _ observer: inout Observer
    ) -> Bool {
        run(tables[0], at: hook, &packet, &metadata, bytes, &firewall, &observer)
            && run(tables[1], at: hook, &packet, &metadata, bytes, &firewall, &observer)
            && run(tables[2], at: hook, &packet, &metadata, bytes, &firewall, &observer)
    }

    /// False if the table ends the packet's way.
    mutating func run<Observer: TraversalObserver>(
        _ table: TableKind, at hook: Hook, _ packet: inout Packet, _ metadata: inout PacketMetadata,
        _ bytes: RawSpan, _ firewall: inout Firewall, _ observer: inout Observer
    ) -> Bool {
        var isResuming = false
        while true {
            let verdict = withCurrentFrame(firewall.rewritten, bytes) {
                walk(table, hook, packet, &metadata, $0, &firewall, isResuming, &observer)
            }
            guard let verdict else { return true }
            guard case .effect(let number) = verdict.kind else {
                return settle(verdict, table, hook, packet, metadata, bytes, &firewall)
            }
            if let end = perform(number, table, hook, &packet, &metadata, bytes, &firewall) {
                let verdict = TableVerdict(kind: end, rule: verdict.rule)
                return settle(verdict, table, hook, packet, metadata, bytes, &firewall)
            }
            isResuming = true
        }
    }

    /// Up to a verdict, or to an effect that has to be done before the walk is resumed.
    private mutating func walk<Observer: TraversalObserver>(
        _ table: TableKind, _ hook: Hook, _ packet: Packet, _ metadata: inout PacketMetadata,
        _ bytes: RawSpan, _ firewall: inout Firewall, _ isResuming: Bool, _ observer: inout Observer
    ) -> TableVerdict? {
        packet.family == .ipv4
            ? firewall.ipv4.run(
                table, at: hook, &words, packet, &metadata, flow, bytes: bytes, host: firewall.host,
                connections: &firewall.connections, isResuming: isResuming, observer: &observer)
            : firewall.ipv6.run(
                table, at: hook, &words, packet, &metadata, flow, bytes: bytes, host: firewall.host,
                connections: &firewall.connections, isResuming: isResuming, observer: &observer)
    }

    /// False if the verdict is the end of the packet's way.
    private mutating func settle(
        _ verdict: TableVerdict, _ table: TableKind, _ hook: Hook, _ packet: Packet,
        _ metadata: PacketMetadata, _ bytes: RawSpan, _ firewall: inout Firewall
    ) -> Bool {
        switch verdict.kind {
        case .accept:
            if table == .filter || !firewall.hasFilter(packet.family) { result.rule = verdict.rule }
            return true
        case .drop:
            result.verdict = .drop
        case .queue:
            result.verdict = .queue
        case .hotdrop:
            drop(.hotdrop)
        case .reject(let kind):
            result.verdict = .reject
            withCurrentFrame(firewall.rewritten, bytes) {
                answer(kind, at: hook, packet, metadata, $0, &firewall)
            }
        case .effect: preconditionFailure("an effect is no verdict")
        }
        result.rule = verdict.rule
        return false
    }
}

/// Calls `body` with the frame as it is by now.
/// - Parameter rewritten: nil if nothing changed.
func withCurrentFrame<Result>(
    _ rewritten: [UInt8]?, _ bytes: RawSpan, _ body: (RawSpan) -> Result
) -> Result {
    if let rewritten { return body(rewritten.span.bytes) }
    return body(bytes)
}

extension Packet {
    var destinationAddress: IPAddress { IPAddress(family: family, bits: destination) }
}

extension Firewall {
    fileprivate borrowing func hasFilter(_ family: AddressFamily) -> Bool {
        family == .ipv4 ? ipv4.hasFilter : ipv6.hasFilter
    }
}
