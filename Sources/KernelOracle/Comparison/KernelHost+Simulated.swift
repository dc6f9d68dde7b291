public import Engine
public import Packets

extension KernelHost {
    /// The simulated host, for the kernel to stand for.
    /// - Parameter settings: as the user gave them, behind the defaults of the simulation.
    public init(
        _ host: SimulatedHost, _ table: InterfaceTable, settings: [(name: String, value: String)]
    ) {
        let interfaces = host.interfaces.map { interface in
            KernelHost.Interface(
                name: interface.isLoopback ? "lo" : interface.name, mac: interface.mac, mtu: interface.mtu,
                addresses: interface.addresses.map { address in
                    let broadcast = address.broadcast.map { " broadcast \($0)" } ?? ""
                    return "\(address.address)/\(address.prefixLength)\(broadcast)"
                })
        }
        var lines: [AddressFamily: [String]] = [:]
        var ways: [Route] = []
        for route in host.routes ?? [] {
            // The ways of one route stand behind each other.
            let isNext = ways.last.map { $0.isSibling(of: route) } ?? false
            if !isNext, !ways.isEmpty {
                if let line = KernelHost.line(ways, table) {
                    lines[ways[0].destination.address.family, default: []].append(line)
                }
                ways = []
            }
            ways.append(route)
        }
        if !ways.isEmpty, let line = KernelHost.line(ways, table) {
            lines[ways[0].destination.address.family, default: []].append(line)
        }
        // What the simulation takes for granted where nobody says otherwise.
        let defaults = [("net.ipv4.ip_forward", "1"), ("net.ipv6.conf.all.forwarding", "1")]
        self.init(
            interfaces: interfaces, routes: lines[.ipv4] ?? [], routes6: lines[.ipv6] ?? [],
            sysctls: defaults + settings)
        rules = KernelHost.changes(host.rules, .ipv4, table)
        rules6 = KernelHost.changes(host.rules, .ipv6, table)
    }

    /// Nil for a route that the kernel makes by itself.
    /// - Parameter ways: more than one if the route has several.
    private static func line(_ ways: [Route], _ table: InterfaceTable) -> String? {
        let route = ways[0]
        let address = route.destination.address
        let isOwn =
            address.family == .ipv6 && (address.bits >> 120 == 0xff || address.bits >> 118 == 0xfe80 >> 6)
        guard !isOwn, route.table != .local else { return nil }
        var words = "\(address)/\(route.destination.length)"
        if route.typeOfService != 0 { words += " tos \(route.typeOfService)" }
        if route.table != .main { words += " table \(route.table.rawValue)" }
        if route.metric != 0 { words += " metric \(route.metric)" }
        switch route.type {
        case .unicast: break
        case .local: words = "local " + words
        case .blackhole: return "blackhole \(words)"
        case .unreachable: return "unreachable \(words)"
        case .prohibit: return "prohibit \(words)"
        case .throw: return "throw \(words)"
        default: return nil
        }
        if let source = route.preferredSource { words += " src \(source)" }
        if let mtu = route.mtu { words += " mtu \(mtu)" }
        for way in ways {
            if ways.count > 1 { words += " nexthop" }
            if let gateway = way.gateway { words += " via \(gateway)" }
            words += " dev \(table.name(of: way.outInterface))"
        }
        return words
    }

    /// What makes the rules of a fresh host these.
    private static func changes(
        _ rules: [RoutingRule]?, _ family: AddressFamily, _ table: InterfaceTable
    ) -> [String] {
        let wanted = (rules ?? []).filter { $0.family == family }
        guard !wanted.isEmpty else { return [] }
        let fresh = RoutingRule.defaults(family)
        return wanted.filter { !fresh.contains($0) }.map { "rule add " + $0.words(table) }
            + fresh.filter { !wanted.contains($0) }.map { "rule del " + $0.words(table) }
    }
}

extension Route {
    fileprivate func isSibling(of other: Route) -> Bool {
        isOneOfMany && other.isOneOfMany && destination == other.destination && table == other.table
            && metric == other.metric && typeOfService == other.typeOfService
    }
}

extension RoutingRule {
    /// As `ip rule add` takes it.
    fileprivate func words(_ table: InterfaceTable) -> String {
        var words = isInverted ? "not " : ""
        words += "priority \(priority)"
        if let source { words += " from \(source)" }
        if let destination { words += " to \(destination)" }
        if let inInterface { words += " iif \(table.name(of: inInterface))" }
        if let outInterface { words += " oif \(table.name(of: outInterface))" }
        if markMask != 0 { words += " fwmark \(mark)/\(markMask)" }
        if let typeOfService { words += " tos \(typeOfService)" }
        if let dscp { words += " dscp \(dscp)" }
        if let transportProtocol { words += " ipproto \(transportProtocol.rawValue)" }
        if let sourcePorts { words += " sport \(sourcePorts.lowerBound)-\(sourcePorts.upperBound)" }
        if let destinationPorts {
            words += " dport \(destinationPorts.lowerBound)-\(destinationPorts.upperBound)"
        }
        if let users { words += " uidrange \(users.lowerBound)-\(users.upperBound)" }
        switch action {
        case .lookUp(let id): words += " table \(id.rawValue)"
        case .goto(let priority): words += " goto \(priority)"
        case .nothing: words += " nop"
        case .blackhole: words = "blackhole " + words
        case .unreachable: words = "unreachable " + words
        case .prohibit: words = "prohibit " + words
        }
        if let suppressedLength { words += " suppress_prefixlength \(suppressedLength)" }
        return words
    }
}
