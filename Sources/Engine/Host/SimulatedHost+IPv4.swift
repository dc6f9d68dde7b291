internal import Packets

extension SimulatedHost {
    /// An IPv4 packet between PREROUTING and INPUT or FORWARD: `ip_route_input_slow` in `net/ipv4/route.c`.
    func routeIPv4(_ packet: Packet, _ metadata: PacketMetadata) -> RouteDecision {
        let interface = metadata.inInterface
        let query = RouteQuery(packet, metadata)
        let source = UInt32(truncatingIfNeeded: packet.source)
        let destination = UInt32(truncatingIfNeeded: packet.destination)
        let sysctls = sysctls(interface)

        if destination >> 28 == 0xe {
            return routeIPv4Multicast(query, from: interface, sysctls)
        }
        if source >> 28 == 0xe || source == .max { return .drop(.martianSource) }
        if destination == .max || (source == 0 && destination == 0) {
            return broadcast(query, interface, sysctls)
        }
        if source == 0 { return .drop(.martianSource) }
        if destination == 0 { return .drop(.martianDestination) }
        if !sysctls.routesLoopbackAddresses {
            if destination >> 24 == 127 { return .drop(.martianDestination) }
            if source >> 24 == 127 { return .drop(.martianSource) }
        }

        guard let route = ipv4.lookUp(query) else {
            if routes != nil { return .drop(sysctls.forwards ? .noRoute : .forwardingOff) }
            return ipv4SourceFault(query, interface, out: defaultOutInterface, sysctls).map { .drop($0) }
                ?? .forward(outInterface: defaultOutInterface)
        }
        switch route.type {
        case .broadcast: return broadcast(query, interface, sysctls)
        case .local:
            return ipv4SourceFault(query, interface, out: .none, sysctls).map { .drop($0) }
                ?? .deliver(.unicast)
        case .blackhole, .unreachable, .prohibit, .throw:
            return .drop(sysctls.forwards ? route.refusal : .forwardingOff)
        case .anycast, .multicast: return .drop(sysctls.forwards ? .martianDestination : .forwardingOff)
        case .unicast:
            guard sysctls.forwards else { return .drop(.forwardingOff) }
            return ipv4SourceFault(query, interface, out: route.outInterface, sysctls).map { .drop($0) }
                ?? .forward(outInterface: route.outInterface)
        }
    }

    private func broadcast(
        _ query: RouteQuery, _ interface: InterfaceID, _ sysctls: InterfaceSysctls
    ) -> RouteDecision {
        if query.source != 0, let fault = ipv4SourceFault(query, interface, out: .none, sysctls) {
            return .drop(fault)
        }
        return .deliver(.broadcast)
    }

    /// `ip_route_input_rcu`, `ip_mc_validate_source`
    private func routeIPv4Multicast(
        _ query: RouteQuery, from interface: InterfaceID, _ sysctls: InterfaceSysctls
    ) -> RouteDecision {
        let (source, group) = (query.source, query.destination)
        guard isJoined(IPAddress(family: .ipv4, bits: group), on: interface) else {
            return .drop(.multicastNotJoined)
        }
        if source >> 28 == 0xe || source == 0xffff_ffff { return .drop(.martianSource) }
        if source >> 24 == 127, !sysctls.routesLoopbackAddresses { return .drop(.martianSource) }
        if source == 0 {
            let isLinkLocalGroup = group >> 8 == 0xe0_0000
            return isLinkLocalGroup || query.transportProtocol == .igmp
                ? .deliver(.multicast) : .drop(.martianSource)
        }
        return ipv4SourceFault(query, interface, out: .none, sysctls).map { .drop($0) }
            ?? .deliver(.multicast)
    }

    /// `fib_validate_source` in `net/ipv4/fib_frontend.c`
    private func ipv4SourceFault(
        _ query: RouteQuery, _ interface: InterfaceID, out: InterfaceID, _ sysctls: InterfaceSysctls
    ) -> RoutedAwayReason? {
        let isHairpin = out != .none && out == interface && sysctls.sendsRedirects
        if routes == nil || (sysctls.reversePathFilter == 0 && !isHairpin) {
            if sysctls.acceptsLocalSources { return nil }
            if routes == nil || !(hasCustomLocalRoutes || ipv4.hasCustomRules) {
                return owns(IPAddress(family: .ipv4, bits: query.source)) ? .martianSource : nil
            }
        }
        let back = query.reversed(
            mark: sysctls.filtersReversePathByMark ? query.mark : 0, arrivesOn: out == .none ? loopback : out)
        let lastResort: RoutedAwayReason? = sysctls.reversePathFilter == 0 ? nil : .reversePath
        guard let route = ipv4.lookUp(back), !route.type.isRefusal else { return lastResort }
        if route.type != .unicast, route.type != .local || !sysctls.acceptsLocalSources {
            return .martianSource
        }
        if ipv4.leads(route, through: interface) { return nil }
        if !hasIPv4Address(interface) { return lastResort }
        return sysctls.reversePathFilter == 1 ? .reversePath : nil
    }

    private func hasIPv4Address(_ id: InterfaceID) -> Bool {
        interface(id)?.addresses.contains { $0.address.family == .ipv4 } ?? true
    }
}

extension Route {
    /// What a packet hears that there is no way for.
    var refusal: RoutedAwayReason {
        switch type {
        case .blackhole: .blackhole
        case .prohibit: .prohibited
        case .unreachable: table == .none ? .unreachableByRule : .unreachable
        default: .noRoute
        }
    }
}
