internal import Packets

/// The tables of one family, asked in the order of the default policy rules.
struct RoutingTables: Sendable {
    private let tables: [RouteTable]

    init(_ family: AddressFamily, _ routes: [Route]) {
        tables = RouteTableKind.allCases.map { kind in
            RouteTable(routes.filter { $0.table == kind && $0.destination.address.family == family })
        }
    }

    /// The first table with an answer decides.
    func lookUp(_ address: UInt128, through interface: InterfaceID? = nil) -> Route? {
        for table in tables {
            if let route = table.lookUp(address, through: interface), route.type != .throw { return route }
        }
        return nil
    }

    /// The same with the route through an interface, if one is among those with the longest prefix, whatever its metric.
    func lookUp(_ address: UInt128, preferring interface: InterfaceID?) -> Route? {
        for table in tables {
            guard let first = table.lookUp(address), first.type != .throw else { continue }
            guard let interface, first.outInterface != interface,
                let other = table.lookUp(address, through: interface), other.destination == first.destination
            else { return first }
            return other
        }
        return nil
    }

    func lookUp(_ address: UInt128, in table: RouteTableKind) -> Route? {
        tables[table.rawValue].lookUp(address)
    }
}

extension HostInterface {
    /// What the kernel puts into the table local for the interface's addresses (`fib_add_ifaddr` in
    /// `net/ipv4/fib_frontend.c`, `addrconf.c` in `net/ipv6`).
    func localRoutes(forwardsIPv6: Bool) -> [Route] {
        var routes: [Route] = []
        func add(_ prefix: IPPrefix, _ type: RouteType) {
            routes.append(Route(prefix, type: type, outInterface: id, table: .local))
        }
        for own in addresses {
            let address = own.address
            let width = address.family.bitWidth
            add(IPPrefix(address, length: width), .local)
            switch address.family {
            case .ipv4:
                if let broadcast = own.broadcast { add(IPPrefix(broadcast, length: 32), .broadcast) }
                if isLoopback {
                    add(own.prefix, .local)
                }
                if own.prefixLength < 31 {
                    let last = address.bits | ~IPPrefix.mask(own.prefixLength, family: .ipv4) & 0xffff_ffff
                    add(IPPrefix(IPAddress(family: .ipv4, bits: last), length: 32), .broadcast)
                }
            case .ipv6:
                // The subnet-router anycast address, which every router has (`addrconf_join_anycast`).
                if forwardsIPv6, own.prefixLength < 127, !isLoopback {
                    add(IPPrefix(own.prefix.address, length: 128), .anycast)
                }
            }
        }
        if addresses.contains(where: { $0.address.family == .ipv6 }), !isLoopback {
            add(IPPrefix(.v6(0xff << 120), length: 8), .multicast)
        }
        return routes
    }
}
