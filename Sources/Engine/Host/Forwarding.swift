internal import Packets

extension SimulatedHost {
    /// Where an arriving packet goes behind PREROUTING, and why it goes nowhere.
    func route(_ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan)
        -> RouteDecision
    {
        let decision =
            packet.family == .ipv4
            ? routeIPv4(packet, from: metadata.inInterface) : routeIPv6(packet, from: metadata.inInterface)
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

    /// Where a packet leaves that the host sends; nil if there is no route.
    func outInterface(to destination: IPAddress) -> InterfaceID? {
        guard routes != nil else { return defaultOutInterface }
        // Limited broadcasts and multicasts go where their socket says, which only the caller can know.
        if isMulticast(destination) || destination == .v4(.max) {
            return tables(destination.family).lookUp(destination.bits)?.outInterface ?? InterfaceID.none
        }
        guard let route = tables(destination.family).lookUp(destination.bits) else { return nil }
        switch route.type {
        case .unicast, .broadcast, .multicast, .local, .anycast: return route.outInterface
        case .blackhole, .unreachable, .prohibit, .throw: return nil
        }
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
        guard let mtu = mtu(out), packet.totalLength > linkLimit(mtu, packet.family) else { return nil }
        if packet.family == .ipv4, !packet.flags.contains(.dontFragment) { return nil }
        // What was put together may be taken apart again, into fragments no longer than before.
        let limit = linkLimit(mtu, packet.family)
        return metadata.largestFragment == 0 || metadata.largestFragment > limit ? .fragmentationNeeded : nil
    }

    /// The longest packet that the way on from here takes.
    func forwardingLimit(_ packet: Packet, _ metadata: PacketMetadata) -> UInt32? {
        let decision =
            packet.family == .ipv4
            ? routeIPv4(packet, from: metadata.inInterface) : routeIPv6(packet, from: metadata.inInterface)
        guard case .forward(let out) = decision, let mtu = mtu(out) else { return nil }
        return linkLimit(mtu, packet.family)
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
