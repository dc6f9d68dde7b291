internal import Packets
internal import RuleModel

extension SimulatedHost {
    /// `-m addrtype` (`net/netfilter/xt_addrtype.c`).
    /// - Parameter interface: the one to which `--limit-iface-in` or `-out` limits the test.
    func isAddress(_ address: IPAddress, oneOf types: AddressTypes, on interface: InterfaceID?) -> Bool {
        switch address.family {
        case .ipv4:
            !types.isDisjoint(with: AddressTypes(rawValue: 1 << ipv4Type(address.bits, on: interface)))
        case .ipv6: isIPv6Address(address.bits, types, on: interface)
        }
    }

    /// `inet_dev_addr_type`: asks nothing but the table local, so there is no "unreachable".
    private func ipv4Type(_ address: UInt128, on interface: InterfaceID?) -> UInt16 {
        if address == 0 || address == 0xffff_ffff { return UInt16(RouteType.broadcast.rawValue) }
        if address >> 28 == 0xe { return UInt16(RouteType.multicast.rawValue) }
        guard let route = ipv4.lookUp(address, in: .local),
            interface == nil || route.outInterface == interface
        else { return UInt16(RouteType.unicast.rawValue) }
        return UInt16(route.type.rawValue)
    }

    /// `match_type6`: unlike in IPv4, all of multicast, unicast and unspecified must hold that are asked for.
    private func isIPv6Address(_ address: UInt128, _ types: AddressTypes, on interface: InterfaceID?) -> Bool
    {
        let isMulticast = address >> 120 == 0xff
        if types.contains(.multicast), !isMulticast { return false }
        if types.contains(.unicast), isMulticast || address == 0 { return false }
        if types.contains(.unspecified), address != 0 { return false }
        let routed = types.intersection([.local, .anycast, .unreachable])
        return routed.isEmpty || !routed.isDisjoint(with: ipv6RouteTypes(address, types, on: interface))
    }

    /// `match_lookup_rt6`
    private func ipv6RouteTypes(
        _ address: UInt128, _ types: AddressTypes, on interface: InterfaceID?
    ) -> AddressTypes {
        var found: AddressTypes = []
        if let interface, types.contains(.local),
            self.interface(interface)?.addresses.contains(where: { $0.address == .v6(address) }) == true
        {
            found = .local
        }
        guard let route = ipv6.lookUp(address, through: interface) else {
            return routes == nil ? found : .unreachable
        }
        switch route.type {
        case .blackhole, .unreachable, .prohibit, .throw: return .unreachable
        case .local: if interface == nil { found.insert(.local) }
        case .anycast: found.insert(.anycast)
        case .unicast, .broadcast, .multicast:
            let isNetwork = route.destination.length < 127 && route.destination.address.bits == address
            if isNetwork, !route.hasGateway { found.insert(.anycast) }
        }
        return found
    }
}
