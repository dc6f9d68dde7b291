internal import Conntrack
internal import Packets
internal import RuleModel

/// What rules do that the match engine can't do alone.
extension HookTraversal {
    /// - Parameter number: in the `effects` of the family's engine.
    /// - Returns: the verdict, if the walk through the table ends with it.
    mutating func perform(
        _ number: Int, _ table: TableKind, _ hook: Hook, _ packet: inout Packet,
        _ metadata: inout PacketMetadata, _ bytes: RawSpan, _ firewall: inout Firewall
    ) -> TableVerdict.Kind? {
        let effect = packet.family == .ipv4 ? firewall.ipv4.effects[number] : firewall.ipv6.effects[number]
        switch effect {
        case .memory(let memory):
            let context = TestContext(packet: packet, metadata: metadata, flow: flow, hook: hook)
            if let mark = withCurrentFrame(firewall.rewritten, bytes, { memory.act(context, $0) }) {
                metadata.mark = mark
                words[.mark] = mark
            }
        case .action(.connection(let change)): apply(change, packet.family, &metadata, &firewall)
        case .action(.change(let change)): return apply(change, &packet, &metadata, bytes, &firewall)
        case .action(.proxy(let proxy)): return perform(proxy, packet.family, &metadata, &firewall)
        case .action(.copy(let copy)): self.copy(copy, at: hook, packet, metadata, bytes, &firewall)
        case .action(.synproxy): return proxyHandshake(packet, bytes, &firewall)
        case .action(.translate(let translation)):
            return perform(translation, at: hook, packet, metadata, &firewall)
        case .action(let action): return TableVerdict.Kind(action)
        }
        return nil
    }

    /// `xt_connmark.c`, `xt_CT.c`
    private mutating func apply(
        _ change: ConnectionChange, _ family: AddressFamily, _ metadata: inout PacketMetadata,
        _ firewall: inout Firewall
    ) {
        switch change {
        case .setMark(let value, let mask, let shift):
            setConnectionMark(shift.applied(to: (flow.mark & ~mask) ^ value), &firewall)
        case .saveMark(let packetMask, let connectionMask, let shift):
            let saved = shift.applied(to: metadata.mark & packetMask)
            setConnectionMark((flow.mark & ~connectionMask) ^ saved, &firewall)
        case .restoreMark(let packetMask, let connectionMask, let shift):
            guard flow.exists else { return }
            let restored = shift.applied(to: flow.mark & connectionMask)
            metadata.mark = (metadata.mark & ~packetMask) ^ restored
            words[.mark] = metadata.mark
        // The first word counts.
        case .untrack where tracking == nil && zone == nil: isUntracked = true
        case .track(let template) where tracking == nil && zone == nil && !isUntracked:
            zone = ZoneChoice(template.zone)
            helper = HelperName(rawValue: template.helper)
            if !template.timeoutPolicy.isEmpty {
                firewall.miss(EffectFact.timeout(template.timeoutPolicy), family)
            }
        case .untrack, .track, .aside: break
        }
    }

    /// `xt_TPROXY.c`: with the socket, the packet is marked and accepted.
    private mutating func perform(
        _ proxy: TransparentProxy, _ family: AddressFamily, _ metadata: inout PacketMetadata,
        _ firewall: inout Firewall
    ) -> TableVerdict.Kind {
        firewall.miss(EffectFact.socket, family)
        metadata.mark = (metadata.mark & ~proxy.markMask) ^ proxy.markValue
        words[.mark] = metadata.mark
        return .accept
    }

    /// `synproxy_tg4`, `synproxy_tg6`: a SYN is answered, and an ACK whose number is that of the answer opens the server's
    /// connection; neither goes on. The proxy's own segments aren't made.
    private func proxyHandshake(
        _ packet: Packet, _ bytes: RawSpan, _ firewall: inout Firewall
    ) -> TableVerdict.Kind? {
        guard !packet.isLaterFragment, packet.flags.contains(.hasTransportHeader) else { return .drop }
        let checksum = withCurrentFrame(firewall.rewritten, bytes) { packet.verifyTransportChecksum($0) }
        guard firewall.checksums.verdict(checksum) != .bad else { return .drop }
        let flags = packet.tcpFlags.intersection([.syn, .ack, .fin, .rst])
        guard flags == .syn || flags == .ack else { return nil }
        firewall.miss(EffectFact.synCookie, packet.family)
        return .drop
    }

    private mutating func setConnectionMark(_ mark: UInt32, _ firewall: inout Firewall) {
        guard let tracking, flow.exists else { return }
        firewall.connections.setMark(mark, of: tracking)
        flow.mark = mark
        self.tracking?.flow.mark = mark
    }
}

/// A zone of `-j CT`, trivially copyable.
struct ZoneChoice: BitwiseCopyable {
    private let number: UInt16
    private let isMark: Bool
    private let isOfOriginal: Bool
    private let isOfReply: Bool

    init(_ zone: ConnectionZone) {
        number = zone.number
        isMark = zone.isMark
        isOfOriginal = zone.directions != .reply
        isOfReply = zone.directions != .original
    }

    /// - Parameter mark: the packet's, when connection tracking gets it.
    func tuples(mark: UInt32) -> TupleZones {
        let id = isMark ? UInt16(truncatingIfNeeded: mark) : number
        return TupleZones(original: isOfOriginal ? id : 0, reply: isOfReply ? id : 0)
    }
}
