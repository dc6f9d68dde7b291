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
        var back = RouteQuery(packet, metadata)
            .reversed(mark: test.contains(.usesMark) ? metadata.mark : 0, arrivesOn: loopback)
        (back.sourcePort, back.destinationPort, back.user) = (0, 0, 0)
        if isMulticast(packet.destinationAddress) || back.source == 0xffff_ffff { back.source = 0 }
        switch packet.family {
        case .ipv4:
            back.transportProtocol = IPProtocol(rawValue: 0)
            guard let route = ipv4.lookUp(back) else { return false }
            guard route.type == .unicast || route.type == .local && test.contains(.acceptsLocal) else {
                return false
            }
            return test.contains(.loose) || ipv4.leads(route, through: interface)
        case .ipv6:
            // Link-local addresses mean something only on their own link.
            let isOnLink = IPv6Address.isLinkLocal(source)
            if isOnLink || !test.contains(.loose) { back.outInterface = interface }
            let route =
                isOnLink
                ? ipv6.lookUp(back, through: interface)
                : ipv6.lookUp(back, preferring: test.contains(.loose) ? nil : interface)
            guard let route else { return false }
            switch route.type {
            case .local: return test.contains(.acceptsLocal)
            case .unicast: return test.contains(.loose) || ipv6.leads(route, through: interface)
            default: return false
            }
        }
    }
}
