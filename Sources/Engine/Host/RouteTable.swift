internal import Packets

/// The routes of one table and family, for longest prefix match.
struct RouteTable: Sendable {
    /// Routes of one prefix length.
    fileprivate struct Level: Sendable {
        var mask: UInt128
        /// By address, then in the order in which the kernel tries them.
        var routes: [Route]
    }

    /// The longest prefixes first.
    private let levels: [Level]

    /// - Parameter routes: may be those of the tables local and main, whose trees are one as long as nobody changes rules
    ///   (`fib_trie_unmerge`).
    init(_ routes: [Route]) {
        var byLength: [Int: [Route]] = [:]
        for route in routes { byLength[route.destination.length, default: []].append(route) }
        levels = byLength.keys.sorted(by: >).map { length in
            let routes = byLength[length, default: []].sorted { $0.order < $1.order }
            return Level(
                mask: IPPrefix.mask(length, family: routes[0].destination.address.family), routes: routes)
        }
    }

    /// The route with the longest prefix, and among those the lowest metric.
    /// - Parameter interface: if given, only routes through this interface count, and those that refuse.
    func lookUp(
        _ address: UInt128, typeOfService: UInt8 = 0, through interface: InterfaceID? = nil
    ) -> Route? {
        for level in levels {
            let network = address & level.mask
            var place = level.firstPlace(of: network)
            while place < level.routes.count, level.routes[place].destination.address.bits == network {
                let route = level.routes[place]
                place += 1
                if route.typeOfService != 0, route.typeOfService != typeOfService { continue }
                if interface == nil || route.outInterface == interface || route.type.isRefusal {
                    return route
                }
            }
        }
        return nil
    }

    /// All ways of a route that has several.
    func ways(of route: Route) -> [Route] {
        guard let level = levels.first(where: { $0.routes[0].destination.length == route.destination.length })
        else { return [] }
        return level.routes[level.firstPlace(of: route.destination.address.bits)...]
            .prefix { $0.destination == route.destination }
            .filter { $0.isOneOfMany && $0.order == route.order }
    }
}

extension RouteTable.Level {
    fileprivate func firstPlace(of network: UInt128) -> Int {
        var low = 0
        var high = routes.count
        while low < high {
            let middle = (low + high) / 2
            if routes[middle].destination.address.bits < network { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Route {
    /// By address; for the same, by table, by type of service and by metric (`fib_find_alias`).
    fileprivate var order: (UInt128, UInt32, UInt8, UInt32) {
        (destination.address.bits, ~table.rawValue, ~typeOfService, metric)
    }
}
