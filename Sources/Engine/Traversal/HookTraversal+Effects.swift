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
            withCurrentFrame(firewall.rewritten, bytes) { memory.act(context, $0) }
        case .action(.connection(let change)): apply(change, &metadata, &firewall)
        case .action(let action): return TableVerdict.Kind(action)
        }
        return nil
    }

    /// `xt_connmark.c`, `xt_CT.c`
    private mutating func apply(
        _ change: ConnectionChange, _ metadata: inout PacketMetadata, _ firewall: inout Firewall
    ) {
        switch change {
        case .setMark(let value, let mask):
            setConnectionMark((flow.mark & ~mask) ^ value, &firewall)
        case .saveMark(let packetMask, let connectionMask):
            setConnectionMark((flow.mark & ~connectionMask) ^ (metadata.mark & packetMask), &firewall)
        case .restoreMark(let packetMask, let connectionMask):
            guard flow.exists else { return }
            metadata.mark = (metadata.mark & ~packetMask) ^ (flow.mark & connectionMask)
            words[.mark] = metadata.mark
        case .untrack: isUntracked = true
        }
    }

    private mutating func setConnectionMark(_ mark: UInt32, _ firewall: inout Firewall) {
        guard let tracking, flow.exists else { return }
        firewall.connections.setMark(mark, of: tracking)
        flow.mark = mark
        self.tracking?.flow.mark = mark
    }
}
