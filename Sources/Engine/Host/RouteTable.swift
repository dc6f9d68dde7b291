internal import Packets

/// The routes of one table and family, for longest prefix match.
struct RouteTable: Sendable {
    /// Routes of one prefix length.
    private struct Level: Sendable {
        var mask: UInt128
        /// By address, then by metric.
        var routes: [Route]
    }

    /// The longest prefixes first.
    private let levels: [Level]

    init(_ routes: [Route]) {
        var byLength: [Int: [Route]] = [:]
        for route in routes { byLength[route.destination.length, default: []].append(route) }
        levels = byLength.keys.sorted(by: >).map { length in
            let routes = byLength[length, default: []].sorted {
                ($0.destination.address.bits, $0.metric) < ($1.destination.address.bits, $1.metric)
            }
            return Level(
                mask: IPPrefix.mask(length, family: routes[0].destination.address.family), routes: routes)
        }
    }

    /// The route with the longest prefix, and among those the lowest metric.
    /// - Parameter interface: if given, only routes through this interface count.
    func lookUp(_ address: UInt128, through interface: InterfaceID? = nil) -> Route? {
        for level in levels {
            let network = address & level.mask
            var low = 0
            var high = level.routes.count
            while low < high {
                let middle = (low + high) / 2
                if level.routes[middle].destination.address.bits < network {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            while low < level.routes.count, level.routes[low].destination.address.bits == network {
                if interface == nil || level.routes[low].outInterface == interface {
                    return level.routes[low]
                }
                low += 1
            }
        }
        return nil
    }
}
