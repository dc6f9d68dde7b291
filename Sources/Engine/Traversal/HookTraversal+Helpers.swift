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
        let broadcastMask =
            result.path == .output
            ? firewall.host.broadcastMask(of: packet, through: metadata.outInterface) : nil
        let outcome = withCurrentFrame(firewall.rewritten, bytes) {
            firewall.connections.help(
                tracking, packet, frame: $0, broadcastMask: broadcastMask, isLooped: isLooped,
                at: metadata.timestamp)
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

extension SimulatedHost {
    /// The mask of the interface's network, if its broadcast address is the packet's destination.
    fileprivate func broadcastMask(of packet: Packet, through out: InterfaceID) -> UInt128? {
        guard packet.family == .ipv4, out != .none, let interface = interface(out) else { return nil }
        for own in interface.addresses where own.address.family == .ipv4 && !own.isSecondary {
            let host: UInt128 = 0xffff_ffff >> UInt128(own.prefixLength)
            let usual = own.prefixLength < 31 ? own.address.bits | host : nil
            if own.broadcast?.bits ?? usual == packet.destination { return ~host & 0xffff_ffff }
        }
        return nil
    }
}
