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
        for route in host.routes ?? [] where route.table == .main {
            guard let line = KernelHost.line(route, table) else { continue }
            lines[route.destination.address.family, default: []].append(line)
        }
        // What the simulation takes for granted where nobody says otherwise.
        let defaults = [("net.ipv4.ip_forward", "1"), ("net.ipv6.conf.all.forwarding", "1")]
        self.init(
            interfaces: interfaces, routes: lines[.ipv4] ?? [], routes6: lines[.ipv6] ?? [],
            sysctls: defaults + settings)
    }

    /// Nil for a route that the kernel makes by itself.
    private static func line(_ route: Route, _ table: InterfaceTable) -> String? {
        let address = route.destination.address
        let isOwn =
            address.family == .ipv6 && (address.bits >> 120 == 0xff || address.bits >> 118 == 0xfe80 >> 6)
        guard !isOwn else { return nil }
        var words = "\(address)/\(route.destination.length)"
        switch route.type {
        case .unicast: break
        case .blackhole: return "blackhole \(words)"
        case .unreachable: return "unreachable \(words)"
        case .prohibit: return "prohibit \(words)"
        default: return nil
        }
        if let gateway = route.gateway { words += " via \(gateway)" }
        words += " dev \(table.name(of: route.outInterface))"
        if let source = route.preferredSource { words += " src \(source)" }
        if route.metric != 0 { words += " metric \(route.metric)" }
        return words
    }
}
