internal import Packets

extension SimulatedHost {
    /// An IPv6 packet between PREROUTING and INPUT or FORWARD (`net/ipv6/ip6_input.c`, `route.c`).
    func routeIPv6(_ packet: Packet, _ metadata: PacketMetadata) -> RouteDecision {
        let interface = metadata.inInterface
        let destination = packet.destination
        if destination >> 120 == 0xff {
            return isJoined(.v6(destination), on: interface)
                ? .deliver(.multicast) : .drop(.multicastNotJoined)
        }
        // Link-local addresses mean something only on their own link (`rt6_need_strict`).
        let isStrict = IPv6Address.isLinkLocal(destination)
        let query = RouteQuery(packet, metadata)
        guard let route = ipv6.lookUp(query, through: isStrict && routes != nil ? interface : nil) else {
            return routes == nil ? forwardIPv6(through: defaultOutInterface) : .drop(.noRoute)
        }
        switch route.type {
        case .local, .anycast: return .deliver(.unicast)
        case .unicast: return forwardIPv6(through: route.outInterface)
        case .blackhole, .unreachable, .prohibit: return .drop(route.refusal)
        case .broadcast, .multicast, .throw: return .drop(.noRoute)
        }
    }

    private func forwardIPv6(through out: InterfaceID) -> RouteDecision {
        forwardsIPv6 ? .forward(outInterface: out) : .drop(.forwardingOff)
    }
}
