internal import Packets

extension SimulatedHost {
    /// An IPv4 packet between PREROUTING and INPUT or FORWARD: `ip_route_input_slow` in `net/ipv4/route.c`.
    func routeIPv4(_ packet: Packet, from interface: InterfaceID) -> RouteDecision {
        let source = UInt32(truncatingIfNeeded: packet.source)
        let destination = UInt32(truncatingIfNeeded: packet.destination)
        let sysctls = sysctls(interface)

        if destination >> 28 == 0xe {
            return routeIPv4Multicast(
                source, to: destination, packet.transportProtocol, from: interface, sysctls)
        }
        if source >> 28 == 0xe || source == .max { return .drop(.martianSource) }
        if destination == .max || (source == 0 && destination == 0) {
            return broadcast(from: source, interface, sysctls)
        }
        if source == 0 { return .drop(.martianSource) }
        if destination == 0 { return .drop(.martianDestination) }
        if !sysctls.routesLoopbackAddresses {
            if destination >> 24 == 127 { return .drop(.martianDestination) }
            if source >> 24 == 127 { return .drop(.martianSource) }
        }

        guard let route = ipv4.lookUp(UInt128(destination)) else {
            if routes != nil { return .drop(sysctls.forwards ? .noRoute : .forwardingOff) }
            return ipv4SourceFault(source, interface, out: defaultOutInterface, sysctls).map { .drop($0) }
                ?? .forward(outInterface: defaultOutInterface)
        }
        switch route.type {
        case .broadcast: return broadcast(from: source, interface, sysctls)
        case .local:
            return ipv4SourceFault(source, interface, out: .none, sysctls).map { .drop($0) }
                ?? .deliver(.unicast)
        case .blackhole: return .drop(.blackhole)
        case .unreachable: return .drop(.unreachable)
        case .prohibit: return .drop(.prohibited)
        case .throw: return .drop(.noRoute)
        case .anycast, .multicast: return .drop(sysctls.forwards ? .martianDestination : .forwardingOff)
        case .unicast:
            guard sysctls.forwards else { return .drop(.forwardingOff) }
            return ipv4SourceFault(source, interface, out: route.outInterface, sysctls).map { .drop($0) }
                ?? .forward(outInterface: route.outInterface)
        }
    }

    private func broadcast(
        from source: UInt32, _ interface: InterfaceID, _ sysctls: InterfaceSysctls
    ) -> RouteDecision {
        if source != 0, let fault = ipv4SourceFault(source, interface, out: .none, sysctls) {
            return .drop(fault)
        }
        return .deliver(.broadcast)
    }

    /// `ip_route_input_rcu`, `ip_mc_validate_source`
    private func routeIPv4Multicast(
        _ source: UInt32, to group: UInt32, _ transport: IPProtocol, from interface: InterfaceID,
        _ sysctls: InterfaceSysctls
    ) -> RouteDecision {
        guard isJoined(.v4(group), on: interface) else { return .drop(.multicastNotJoined) }
        if source >> 28 == 0xe || source == .max { return .drop(.martianSource) }
        if source >> 24 == 127, !sysctls.routesLoopbackAddresses { return .drop(.martianSource) }
        if source == 0 {
            let isLinkLocalGroup = group >> 8 == 0xe0_0000
            return isLinkLocalGroup || transport == .igmp ? .deliver(.multicast) : .drop(.martianSource)
        }
        return ipv4SourceFault(source, interface, out: .none, sysctls).map { .drop($0) }
            ?? .deliver(.multicast)
    }

    /// `fib_validate_source` in `net/ipv4/fib_frontend.c`
    private func ipv4SourceFault(
        _ source: UInt32, _ interface: InterfaceID, out: InterfaceID, _ sysctls: InterfaceSysctls
    ) -> RoutedAwayReason? {
        let address = IPAddress.v4(source)
        let isHairpin = out != .none && out == interface && sysctls.sendsRedirects
        if routes == nil || (sysctls.reversePathFilter == 0 && !isHairpin) {
            return owns(address) && !sysctls.acceptsLocalSources ? .martianSource : nil
        }
        guard let back = ipv4.lookUp(address.bits) else {
            return sysctls.reversePathFilter == 0 ? nil : .reversePath
        }
        if back.type != .unicast, back.type != .local || !sysctls.acceptsLocalSources {
            return .martianSource
        }
        if back.outInterface == interface { return nil }
        return sysctls.reversePathFilter == 1 ? .reversePath : nil
    }
}
