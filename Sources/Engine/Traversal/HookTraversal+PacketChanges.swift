internal import Packets
internal import RuleModel

/// What targets change in a packet: its bytes, what is decoded of them, and what later rules test.
extension HookTraversal {
    /// - Returns: drop, if the packet can't be changed.
    mutating func apply(
        _ change: PacketChange, _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall
    ) -> TableVerdict.Kind? {
        var isDone = true
        switch change {
        case .hopLimit(let change): packet.hopLimit = change.applied(to: packet.hopLimit)
        case .trafficClass(let mask, let value):
            packet.trafficClass = (packet.trafficClass & ~mask) ^ value
        case .congestion(let change):
            if let codepoint = change.codepoint { packet.trafficClass = packet.trafficClass & ~3 | codepoint }
            if change.changesTCP, packet.transportProtocol == .tcp {
                isDone = edit(&packet, bytes, &firewall) {
                    $0.setFlags(echo: change.echo, windowReduced: change.windowReduced)
                }
            }
        case .segmentSize(let limit):
            isDone = apply(limit, &packet, metadata, bytes, &firewall)
        case .stripTCPOptions(let kinds):
            isDone = edit(&packet, bytes, &firewall) { $0.stripOptions(kinds) }
        case .prefix(let translation):
            isDone = apply(translation, &packet, bytes, &firewall)
        case .mark(let hash):
            let ends = withCurrentFrame(firewall.rewritten, bytes) { HashedEnds(packet, flow, hash, $0) }
            if let ends { metadata.mark = hash.mark(of: ends) }
        }
        words = PacketWords(packet, metadata, flow)
        guard isDone else { return .drop }
        if case .mark = change { return nil }
        firewall.rewritten = withCurrentFrame(firewall.rewritten, bytes) {
            PacketRewriter.frame(of: packet, nil, from: $0)
        }
        return nil
    }

    private func edit(
        _ packet: inout Packet, _ bytes: RawSpan, _ firewall: inout Firewall,
        _ body: (inout TCPHeaderEditor) -> TCPHeaderEditor.Outcome
    ) -> Bool {
        var editor = withCurrentFrame(firewall.rewritten, bytes) { TCPHeaderEditor(packet, $0) }
        guard body(&editor) == .done else { return false }
        packet = editor.packet
        firewall.rewritten = editor.bytes
        return true
    }

    /// `tcpmss_mangle_packet`
    private func apply(
        _ limit: SegmentSizeLimit, _ packet: inout Packet, _ metadata: PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall
    ) -> Bool {
        let size: UInt16
        switch limit {
        case .atMost(let given): size = given
        case .ofPath:
            let overhead: UInt32 = packet.family == .ipv4 ? 40 : 60
            guard let known = firewall.host.pathMTU(of: packet, metadata) else {
                firewall.miss(EffectFact.mtu, packet.family)
                return true
            }
            guard known > overhead else { return false }
            size = UInt16(truncatingIfNeeded: known - overhead)
        }
        let assumed: UInt16 = packet.family == .ipv4 ? 536 : 1220
        return edit(&packet, bytes, &firewall) { $0.limitSegmentSize(to: size, assumed: assumed) }
    }

    /// `ip6t_snpt_tg`, `ip6t_dnpt_tg`; the error that a failure makes them send isn't made.
    private func apply(
        _ translation: PrefixTranslation, _ packet: inout Packet, _ bytes: RawSpan,
        _ firewall: inout Firewall
    ) -> Bool {
        let editor = PrefixEditor(from: translation.from, to: translation.to)
        let isSource = translation.side == .source
        guard let address = editor.translated(isSource ? packet.source : packet.destination) else {
            return false
        }
        firewall.rewritten = withCurrentFrame(firewall.rewritten, bytes) {
            editor.frame($0, packet, translating: isSource, to: address)
        }
        if isSource { packet.source = address } else { packet.destination = address }
        return true
    }
}

/// Facts that effects ask for and nobody may have given.
enum EffectFact {
    /// The MTU of a packet's way, in either direction.
    static let mtu = "mtu"
    /// Whether a program listens on the socket.
    static let socket = "socket"
    /// The whole payload, of which the capture holds a part.
    static let payload = "payload"
    /// What a helper does that isn't simulated.
    static func helper(_ name: String) -> String { "helper:\(name)" }
    /// The timeouts of a policy (`nfct timeout list`).
    static func timeout(_ policy: String) -> String { "timeout:\(policy)" }
    /// Whether an ACK carries the number that the proxy's SYN/ACK had.
    static let synCookie = "syncookie"
}

extension Firewall {
    /// Notes that a fact would have been needed.
    mutating func miss(_ fact: String, _ family: AddressFamily) {
        if family == .ipv4 { ipv4.miss(fact) } else { ipv6.miss(fact) }
    }
}

extension SimulatedHost {
    /// The smaller of the MTUs of a packet's way out and of the way back to its source; nil if neither is known
    /// (`tcpmss_reverse_mtu`).
    func pathMTU(of packet: Packet, _ metadata: PacketMetadata) -> UInt32? {
        let isOwn = metadata.inInterface == .none
        let there = isOwn ? ownQuery(packet, mark: metadata.mark) : RouteQuery(packet, metadata)
        let out = mtu(of: there, packet.family, through: metadata.outInterface)
        let query = answerQuery(to: packet.source, mark: 0)
        let back: UInt32? =
            switch routeOwn(query, packet.family) {
            case .deliver: mtu(loopback)
            case .forward(let interface): mtu(of: query, packet.family, through: interface)
            case .drop: nil
            }
        return [out, back].compactMap { $0 }.min()
    }
}
