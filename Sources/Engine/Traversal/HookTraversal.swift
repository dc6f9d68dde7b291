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
    private(set) var result = TraversalResult()
    private var words: PacketWords
    /// What conntrack said; before that and without it, UNTRACKED.
    private var tracking: Tracking?
    private var flow: FlowView
    private let tracks: Bool
    /// Whether the destination is one host, for what may be answered.
    private var isUnicast = true

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
        result.isFragmentNotReassembled = packet.isFragment && tracks
        defer { if result.verdict != .accept, let tracking { firewall.connections.discard(tracking) } }
        guard enter(.prerouting, packet, &metadata, bytes, &firewall, &observer) else { return }

        switch decide(packet, metadata, bytes, firewall) {
        case .drop(let reason):
            result.verdict = .routedAway
            result.routedAwayReason = reason
            result.rule = nil
        case .deliver(let delivery):
            result.path = .input
            isUnicast = delivery == .unicast
            result.isFragmentNotReassembled = packet.isFragment
            deliver(packet, &metadata, bytes, &firewall, &observer)
        case .forward(let out):
            result.path = .forward
            setOutInterface(out, &metadata)
            packet.hopLimit -= 1
            words[.hopLimit] = UInt32(packet.hopLimit)
            guard
                run(
                    [.mangle, .filter, .security], at: .forward, packet, &metadata, bytes, &firewall,
                    &observer)
            else { return }
            leave(packet, &metadata, bytes, &firewall, &observer)
        }
    }

    /// A packet of the host's own.
    mutating func send<Observer: TraversalObserver>(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall,
        _ observer: inout Observer
    ) {
        let isLooped = firewall.fixedPath == nil && firewall.host.loopsBack(packet.destinationAddress)
        setInInterface(.none, &metadata)
        if let out = isLooped ? firewall.host.loopback : outInterface(packet, metadata, firewall) {
            setOutInterface(out, &metadata)
        } else {
            result.verdict = .routedAway
            result.routedAwayReason = .noRoute
            return
        }
        result.path = .output
        result.isFragmentNotReassembled = packet.isFragment && tracks
        let type = firewall.host.addressType(of: packet.destinationAddress)
        isUnicast = type != .broadcast && type != .multicast
        defer { if result.verdict != .accept, let tracking { firewall.connections.discard(tracking) } }

        guard enter(.output, packet, &metadata, bytes, &firewall, &observer),
            run([.filter, .security], at: .output, packet, &metadata, bytes, &firewall, &observer)
        else { return }
        leave(packet, &metadata, bytes, &firewall, &observer)
        if isLooped, result.verdict == .accept { comeBack(packet, &metadata, bytes, &firewall, &observer) }
    }

    // MARK: Stages

    /// PREROUTING, or OUTPUT up to nat. False if the packet is no more.
    private mutating func enter<Observer: TraversalObserver>(
        _ hook: Hook, _ packet: Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall, _ observer: inout Observer
    ) -> Bool {
        guard run(.raw, at: hook, packet, &metadata, bytes, &firewall, &observer) else { return false }
        if let state = firewall.stateSource.state(of: packet) {
            assume(state, packet)
        } else if tracks {
            guard track(packet, metadata, bytes, hook, &firewall) else { return false }
        }
        return run(.mangle, at: hook, packet, &metadata, bytes, &firewall, &observer)
            && translate(.destination, at: hook, packet, &metadata, bytes, &firewall, &observer)
    }

    private mutating func track(
        _ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan, _ hook: Hook,
        _ firewall: inout Firewall
    ) -> Bool {
        var checksum = ChecksumVerdict.notVerified
        if firewall.checksums != .ignore, firewall.connections.needsChecksum(packet, hook: hook) {
            // Connection tracking sums UDP-Lite with UDP's number in the pseudo-header, so a checksum that is right
            // by RFC 3828 is wrong to it (`udplite_error` in `nf_conntrack_proto_udp.c`).
            let found = packet.verifyTransportChecksum(
                bytes, pseudoHeaderProtocol: packet.transportProtocol == .udpLite ? .udp : nil)
            if found == .offloaded { firewall.offloadedChecksums &+= 1 }
            checksum = firewall.checksums.verdict(found)
        }
        let found = firewall.connections.track(
            packet, bytes: bytes, checksum: checksum, hook: hook, at: metadata.timestamp)
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

    private mutating func deliver<Observer: TraversalObserver>(
        _ packet: Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall,
        _ observer: inout Observer
    ) {
        guard run([.mangle, .filter, .security], at: .input, packet, &metadata, bytes, &firewall, &observer),
            translate(.source, at: .input, packet, &metadata, bytes, &firewall, &observer)
        else { return }
        confirm(&firewall)
    }

    private mutating func leave<Observer: TraversalObserver>(
        _ packet: Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall,
        _ observer: inout Observer
    ) {
        guard run(.mangle, at: .postrouting, packet, &metadata, bytes, &firewall, &observer),
            translate(.source, at: .postrouting, packet, &metadata, bytes, &firewall, &observer)
        else { return }
        confirm(&firewall)
    }

    /// A packet to the host itself enters again, with the connection that it has.
    private mutating func comeBack<Observer: TraversalObserver>(
        _ packet: Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall,
        _ observer: inout Observer
    ) {
        setInInterface(metadata.outInterface, &metadata)
        setOutInterface(.none, &metadata)
        if var known = tracking {
            firewall.connections.refresh(&known, at: metadata.timestamp)
            tracking = known
            flow = known.flow
        }
        guard run([.raw, .mangle], at: .prerouting, packet, &metadata, bytes, &firewall, &observer),
            translate(.destination, at: .prerouting, packet, &metadata, bytes, &firewall, &observer)
        else { return }
        deliver(packet, &metadata, bytes, &firewall, &observer)
    }

    private mutating func confirm(_ firewall: inout Firewall) {
        guard let tracking, !firewall.connections.confirm(tracking) else { return }
        drop(.connectionClash)
    }

    private mutating func drop(_ cause: SilentDrop) {
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

    /// Nil if there is no route.
    private func outInterface(
        _ packet: Packet, _ metadata: PacketMetadata, _ firewall: borrowing Firewall
    ) -> InterfaceID? {
        if metadata.outInterface != .none { return metadata.outInterface }
        if let fixed = firewall.fixedPath { return fixed.outInterface }
        return firewall.host.outInterface(to: packet.destinationAddress)
    }

    private mutating func setInInterface(_ id: InterfaceID, _ metadata: inout PacketMetadata) {
        metadata.inInterface = id
        words[.inInterface] = UInt32(id.rawValue)
    }

    private mutating func setOutInterface(_ id: InterfaceID, _ metadata: inout PacketMetadata) {
        metadata.outInterface = id
        words[.outInterface] = UInt32(id.rawValue)
        if id != .none { result.outInterface = id }
    }

    // MARK: Tables

    /// Asks nat, if the packet is the first to have its connection translated.
    private mutating func translate<Observer: TraversalObserver>(
        _ manipulation: NATManipulation, at hook: Hook, _ packet: Packet,
        _ metadata: inout PacketMetadata, _ bytes: RawSpan, _ firewall: inout Firewall,
        _ observer: inout Observer
    ) -> Bool {
        guard let tracking, flow.state == .new || flow.state == .related,
            firewall.connections.decidesNAT(manipulation, for: tracking)
        else { return true }
        return run(.nat, at: hook, packet, &metadata, bytes, &firewall, &observer)
    }

    private mutating func run<Observer: TraversalObserver>(
        _ tables: InlineArray<2, TableKind>, at hook: Hook, _ packet: Packet,
        _ metadata: inout PacketMetadata, _ bytes: RawSpan, _ firewall: inout Firewall,
        _ observer: inout Observer
    ) -> Bool {
        run(tables[0], at: hook, packet, &metadata, bytes, &firewall, &observer)
            && run(tables[1], at: hook, packet, &metadata, bytes, &firewall, &observer)
    }

    private mutating func run<Observer: TraversalObserver>(
        _ tables: InlineArray<3, TableKind>, at hook: Hook, _ packet: Packet,
        _ metadata: inout PacketMetadata, _ bytes: RawSpan, _ firewall: inout Firewall,
        _ observer: inout Observer
    ) -> Bool {
        run(tables[0], at: hook, packet, &metadata, bytes, &firewall, &observer)
            && run(tables[1], at: hook, packet, &metadata, bytes, &firewall, &observer)
            && run(tables[2], at: hook, packet, &metadata, bytes, &firewall, &observer)
    }

    /// False if the table ends the packet's way.
    private mutating func run<Observer: TraversalObserver>(
        _ table: TableKind, at hook: Hook, _ packet: Packet, _ metadata: inout PacketMetadata,
        _ bytes: RawSpan, _ firewall: inout Firewall, _ observer: inout Observer
    ) -> Bool {
        let verdict =
            packet.family == .ipv4
            ? firewall.ipv4.run(
                table, at: hook, &words, packet, &metadata, flow, bytes: bytes, host: firewall.host,
                observer: &observer)
            : firewall.ipv6.run(
                table, at: hook, &words, packet, &metadata, flow, bytes: bytes, host: firewall.host,
                observer: &observer)
        guard let verdict else { return true }
        switch verdict.kind {
        case .accept:
            if table == .filter || !firewall.hasFilter(packet.family) { result.rule = verdict.rule }
            return true
        case .drop:
            result.verdict = .drop
        case .hotdrop:
            drop(.hotdrop)
        case .reject(let kind):
            result.verdict = .reject
            reject(kind, at: hook, packet, metadata, bytes, &firewall)
        }
        result.rule = verdict.rule
        return false
    }

    private mutating func reject(
        _ kind: RejectKind, at hook: Hook, _ packet: Packet, _ metadata: PacketMetadata,
        _ bytes: RawSpan, _ firewall: inout Firewall
    ) {
        let question = RejectQuestion(
            kind: kind, isUnicast: isUnicast, isOwn: hook == .output, checksums: firewall.checksums)
        guard question.isAnswered(packet, metadata, bytes) else { return }
        result.rejectKind = kind
        if kind == .tcpReset, let tracking { firewall.connections.reset(tracking, at: metadata.timestamp) }
    }
}

extension Packet {
    var destinationAddress: IPAddress { IPAddress(family: family, bits: destination) }
}

extension Firewall {
    fileprivate borrowing func hasFilter(_ family: AddressFamily) -> Bool {
        family == .ipv4 ? ipv4.hasFilter : ipv6.hasFilter
    }
}
