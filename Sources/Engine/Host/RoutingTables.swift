internal import Packets

/// The tables of one family, asked in the order of the policy rules (`fib_rules_lookup`).
struct RoutingTables: Sendable {
    private let family: AddressFamily
    /// By priority; empty if they are the default ones.
    private let rules: [RoutingRule]
    private let tables: [RouteTableID: RouteTable]
    /// Those that the default rules ask.
    private let defaultTables: [RouteTable]
    private let local: RouteTable
    /// Whether there are routes with several ways through different interfaces.
    private let hasManyWays: Bool
    /// Whether rules ask for the owner of a socket.
    private let asksForUser: Bool

    /// - Parameter rules: nil for the default ones.
    init(_ family: AddressFamily, _ routes: [Route], rules: [RoutingRule]?) {
        self.family = family
        let own = routes.filter { $0.destination.address.family == family }
        var groups: [RouteTableID: [Route]] = [:]
        for route in own { groups[route.table, default: []].append(route) }
        let rules = (rules ?? []).filter { $0.family == family }.sorted { $0.priority < $1.priority }
        let isDefault = rules.isEmpty || rules == RoutingRule.defaults(family)
        self.rules = isDefault ? [] : rules
        tables = isDefault ? [:] : groups.mapValues { RouteTable($0) }
        local = RouteTable(groups[.local] ?? [])
        let main = groups[.main] ?? []
        defaultTables =
            family == .ipv4
            ? [RouteTable((groups[.local] ?? []) + main), RouteTable(groups[.default] ?? [])]
            : [local, RouteTable(main)]
        hasManyWays = own.contains { $0.isOneOfMany }
        asksForUser = self.rules.contains { $0.users != nil }
    }

    var hasCustomRules: Bool { !rules.isEmpty }

    /// - Parameter interface: if given, only routes through this interface count.
    func lookUp(_ query: RouteQuery, through interface: InterfaceID? = nil) -> Route? {
        find(query) {
            $0.lookUp(
                query.destination, typeOfService: query.trafficClass & 0x1c, through: interface)
        }
    }

    /// By the address alone.
    func lookUp(_ address: UInt128, through interface: InterfaceID? = nil) -> Route? {
        lookUp(RouteQuery(to: address), through: interface)
    }

    /// The same with the route through an interface, if one is among those with the longest prefix, whatever its metric.
    func lookUp(_ query: RouteQuery, preferring interface: InterfaceID?) -> Route? {
        find(query) { table in
            guard let first = table.lookUp(query.destination) else { return nil }
            guard let interface, first.outInterface != interface,
                let other = table.lookUp(query.destination, through: interface),
                other.destination == first.destination
            else { return first }
            return other
        }
    }

    func lookUp(_ address: UInt128, in table: RouteTableID) -> Route? {
        table == .local ? local.lookUp(address) : tables[table]?.lookUp(address)
    }

    /// Whether a way that was found leads through an interface, or one of its siblings.
    func leads(_ route: Route, through interface: InterfaceID) -> Bool {
        route.outInterface == interface
            || route.isOneOfMany && ways(of: route).contains { $0.outInterface == interface }
    }

    /// Whether other packets alike may leave elsewhere: by a hash with a secret, or by a socket's owner.
    func isUncertain(_ query: RouteQuery) -> Bool {
        if asksForUser, query.user == nil { return true }
        guard hasManyWays, let route = lookUp(query), route.isOneOfMany else { return false }
        return ways(of: route).contains { $0.outInterface != route.outInterface }
    }

    private func ways(of route: Route) -> [Route] {
        if let table = tables[route.table] { return table.ways(of: route) }
        return defaultTables.lazy.map { $0.ways(of: route) }.first { !$0.isEmpty } ?? []
    }

    /// The first table with an answer decides.
    @inline(__always)
    private func find(_ query: RouteQuery, _ look: (RouteTable) -> Route?) -> Route? {
        if rules.isEmpty {
            for table in defaultTables {
                if let route = look(table), route.type != .throw { return route }
            }
            return nil
        }
        return findByRules(query, look)
    }

    private func findByRules(_ query: RouteQuery, _ look: (RouteTable) -> Route?) -> Route? {
        var number = 0
        while number < rules.count {
            let rule = rules[number]
            number += 1
            guard rule.matches(query) else { continue }
            switch rule.action {
            case .nothing: continue
            case .goto(let priority):
                number = rules[number...].firstIndex { $0.priority == priority } ?? number
            case .blackhole: return Route(refusing: .blackhole, family)
            case .unreachable: return Route(refusing: .unreachable, family)
            case .prohibit: return Route(refusing: .prohibit, family)
            case .lookUp(let id):
                guard let table = tables[id], let route = look(table), route.type != .throw else { continue }
                if let length = rule.suppressedLength, !route.type.isRefusal,
                    route.destination.length <= length
                {
                    continue
                }
                return route
            }
        }
        return nil
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
