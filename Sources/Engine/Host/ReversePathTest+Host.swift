internal import Packets
internal import RuleModel

extension SimulatedHost {
    /// `-m rpfilter` without its `--invert` (`rpfilter_mt` in net/ipv4/netfilter/ipt_rpfilter.c and
    /// net/ipv6/netfilter/ip6t_rpfilter.c). If nobody said which routes there are, only the host's own addresses are
    /// misplaced.
    func isOnReversePath(_ packet: Packet, _ metadata: PacketMetadata, _ test: ReversePathTest) -> Bool {
        let interface = metadata.inInterface
        if metadata.packetType == .loopback || interface == loopback && loopback != .none { return true }
        let source = packet.source
        if source == 0 {
            guard packet.family == .ipv4 else { return true }
            // To 255.255.255.255, or 224.0.0.0/24.
            if packet.destination == 0xffff_ffff || packet.destination >> 8 == 0xe0_0000 { return true }
        }
        if routes == nil {
            return test.contains(.acceptsLocal) || !owns(IPAddress(family: packet.family, bits: source))
        }
        switch packet.family {
        case .ipv4:
            guard let route = ipv4.lookUp(source) else { return false }
            guard route.type == .unicast || route.type == .local && test.contains(.acceptsLocal) else {
                return false
            }
            return test.contains(.loose) || route.outInterface == interface
        case .ipv6:
            // Link-local addresses mean something only on their own link.
            let route =
                IPv6Address.isLinkLocal(source)
                ? ipv6.lookUp(source, through: interface)
                : ipv6.lookUp(source, preferring: test.contains(.loose) ? nil : interface)
            guard let route else { return false }
            switch route.type {
            case .local: return test.contains(.acceptsLocal)
            case .unicast: return test.contains(.loose) || route.outInterface == interface
            default: return false
            }
        }
    }
}
