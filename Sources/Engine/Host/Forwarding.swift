internal import Packets

extension SimulatedHost {
    /// Where an arriving packet goes behind PREROUTING, and why it goes nowhere.
    func route(_ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan)
        -> RouteDecision
    {
        let decision = route(packet, metadata)
        if case .drop = decision { return decision }
        if let fault = IPv4Options.fault(
            packet, bytes, acceptsSourceRoutes: sysctls(metadata.inInterface).acceptsSourceRoutes)
        {
            return .drop(fault.reason)
        }
        if case .forward(let out) = decision, let fault = forwardingFault(packet, metadata, out) {
            return .drop(fault)
        }
        return decision
    }

    /// Whether a packet that the host sends comes back to it.
    func loopsBack(_ destination: IPAddress) -> Bool {
        destination.family == .ipv4 && destination.bits >> 24 == 127
            || destination.family == .ipv6 && destination.bits == IPv6Address.loopback || isLocal(destination)
    }

    /// Where a packet of the host's own goes (`ip_route_output_key`, `ip6_route_output`): `deliver` is back to the host.
    func routeOwn(_ query: RouteQuery, _ family: AddressFamily) -> RouteDecision {
        let destination = IPAddress(family: family, bits: query.destination)
        if loopsBack(destination) { return .deliver(.unicast) }
        guard routes != nil else { return .forward(outInterface: defaultOutInterface) }
        // Broadcasts and multicasts go where their source address is; else where their socket says, which only the
        // caller can know.
        if isMulticast(destination) || destination == .v4(.max) {
            let owner = interfaces.first { interface in
                interface.addresses.contains {
                    $0.address.bits == query.source && $0.address.family == family
                }
            }
            if let owner, !owner.isLoopback { return .forward(outInterface: owner.id) }
            return .forward(outInterface: tables(family).lookUp(query)?.outInterface ?? InterfaceID.none)
        }
        guard let route = tables(family).lookUp(query) else { return .drop(.noRoute) }
        switch route.type {
        case .local: return .deliver(.unicast)
        case .unicast, .broadcast, .multicast, .anycast: return .forward(outInterface: route.outInterface)
        case .blackhole, .unreachable, .prohibit, .throw: return .drop(route.refusal)
        }
    }

    /// Of a way out; `none` if there is no way, or nobody said where.
    func outInterface(of way: RouteDecision) -> InterfaceID {
        switch way {
        case .deliver: loopback
        case .forward(let out): out
        case .drop: .none
        }
    }

    /// Whether nobody can say which of several ways a packet takes.
    func isRouteUncertain(_ query: RouteQuery, _ family: AddressFamily) -> Bool {
        routes != nil && tables(family).isUncertain(query)
    }

    /// What `ip_forward` and `ip6_forward` refuse, in their order.
    func forwardingFault(
        _ packet: Packet, _ metadata: PacketMetadata, _ out: InterfaceID
    ) -> RoutedAwayReason? {
        if metadata.packetType != .host { return .unicastInBroadcastFrame }
        if packet.hopLimit <= 1 { return .ttlExceeded }
        if packet.family == .ipv6, out == .none || out != metadata.inInterface {
            if packet.source == 0 || packet.source == IPv6Address.loopback || packet.source >> 120 == 0xff {
                return .martianSource
            }
            if IPv6Address.isLinkLocal(packet.source) { return .beyondScope }
        }
        guard let limit = forwardingLimit(packet, metadata, out), packet.totalLength > limit else {
            return nil
        }
        if packet.family == .ipv4, !packet.flags.contains(.dontFragment) { return nil }
        // What was put together may be taken apart again, into fragments no longer than before.
        return metadata.largestFragment == 0 || metadata.largestFragment > limit ? .fragmentationNeeded : nil
    }

    /// The longest packet that the way on from here takes. In IPv4, what the route says comes before the interface
    /// (`ip_dst_mtu_maybe_forward`); in IPv6 it is asked behind POSTROUTING only (`ip6_dst_mtu_maybe_forward`).
    func forwardingLimit(_ packet: Packet, _ metadata: PacketMetadata) -> UInt32? {
        if isTooLongForRoute(packet, metadata) { return routeMTU(packet, metadata) }
        guard case .forward(let out) = route(packet, metadata) else { return nil }
        return forwardingLimit(packet, metadata, out)
    }

    private func forwardingLimit(
        _ packet: Packet, _ metadata: PacketMetadata, _ out: InterfaceID
    ) -> UInt32? {
        let limit = packet.family == .ipv4 ? routeMTU(packet, metadata) ?? mtu(out) : mtu(out)
        return limit.map { linkLimit($0, packet.family) }
    }

    /// Whether an IPv6 packet that has passed all hooks is longer than its route allows (`ip6_finish_output`).
    func isTooLongForRoute(_ packet: Packet, _ metadata: PacketMetadata) -> Bool {
        guard hasRouteMTU, packet.family == .ipv6, let limit = routeMTU(packet, metadata) else {
            return false
        }
        return packet.totalLength > limit && metadata.largestFragment == 0
    }

    private func routeMTU(_ packet: Packet, _ metadata: PacketMetadata) -> UInt32? {
        hasRouteMTU ? tables(packet.family).lookUp(RouteQuery(packet, metadata))?.mtu : nil
    }

    private func route(_ packet: Packet, _ metadata: PacketMetadata) -> RouteDecision {
        packet.family == .ipv4 ? routeIPv4(packet, metadata) : routeIPv6(packet, metadata)
    }

    /// The MTU of a way that leads through an interface.
    func mtu(of query: RouteQuery, _ family: AddressFamily, through out: InterfaceID) -> UInt32? {
        guard hasRouteMTU else { return mtu(out) }
        return tables(family).lookUp(query)?.mtu ?? mtu(out)
    }

    /// The length that a link has to carry; no less than 1,280 bytes in IPv6 (RFC 8200, 5).
    func linkLimit(_ mtu: UInt32, _ family: AddressFamily) -> UInt32 {
        family == .ipv4 ? mtu : max(mtu, 1280)
    }
}

/// IPv4 options, as far as they keep a packet from its way (`__ip_options_compile`, `ip_rcv_options`).
enum IPv4Options {
    struct Fault {
        var reason: RoutedAwayReason
        /// The byte of the IP header that is wrong.
        var offset: UInt8
    }

    static func fault(_ packet: Packet, _ bytes: RawSpan, acceptsSourceRoutes: Bool) -> Fault? {
        guard packet.family == .ipv4, packet.flags.contains(.hasOptions) else { return nil }
        let start = Int(packet.networkOffset)
        var offset = start + 20
        let end = min(Int(packet.transportOffset), bytes.byteCount)
        func bad(_ place: Int) -> Fault { Fault(reason: .badIPOption, offset: UInt8(offset - start + place)) }
        while offset < end {
            let kind = bytes.byte(at: offset)
            if kind == 0 { break }
            if kind == 1 {
                offset += 1
                continue
            }
            guard offset + 1 < end else { return bad(0) }
            let length = Int(bytes.byte(at: offset + 1))
            guard length >= 2, offset + length <= end else { return bad(0) }
            switch kind {
            case 131, 137:
                return acceptsSourceRoutes ? nil : Fault(reason: .sourceRoute, offset: UInt8(offset - start))
            // Record route and timestamp: a pointer behind the fixed part.
            case 7 where length < 3: return bad(1)
            case 7 where bytes.byte(at: offset + 2) < 4: return bad(2)
            case 68 where length < 4: return bad(1)
            case 68 where bytes.byte(at: offset + 2) < 5: return bad(2)
            case 148 where length < 4: return bad(1)
            default: break
            }
            offset += length
        }
        return nil
    }
}
