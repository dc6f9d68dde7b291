internal import Conntrack
internal import Packets

/// Connection tracking's helpers, which read a packet behind all tables.
extension HookTraversal {
    /// - Returns: false if the packet goes no further.
    @inline(never)
    mutating func help(
        _ tracking: Tracking, _ packet: inout Packet, _ metadata: PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall
    ) -> Bool {
        // The hooks of a packet to the host itself lie on loopback from OUTPUT on.
        let loopback = firewall.host.loopback
        let isLooped =
            loopback != .none && (metadata.outInterface == loopback || metadata.inInterface == loopback)
        let outcome = withCurrentFrame(firewall.rewritten, bytes) {
            firewall.connections.help(
                tracking, packet, frame: $0, isLooped: isLooped, at: metadata.timestamp)
        }
        switch outcome {
        case .unchanged: break
        case .changed(let changed, let frame):
            packet = changed
            words.take(packet)
            firewall.rewritten = frame
        case .dropped:
            drop(.helper)
            return false
        case .cut: firewall.miss(EffectFact.payload, packet.family)
        case .unknownHelper(let name): firewall.miss(EffectFact.helper(name.rawValue), packet.family)
        }
        return true
    }
}
