public import Packets

/// The firewall host, as far as its routing knows where a packet goes.
///
/// Multicast routing isn't simulated, nor are the exceptions to routes that ICMP errors and redirects teach the host:
/// forwarding doesn't heed them.
public struct SimulatedHost: Sendable {
    public let interfaces: [HostInterface]
    /// Nil if nobody said which routes there are: then whatever isn't the host's own is forwarded through
    /// `defaultOutInterface`, and no source address is misplaced but by its value.
    public let routes: [Route]?
    /// Which tables of routes are asked; nil for the default rules.
    public let rules: [RoutingRule]?
    /// Where packets leave when routes aren't known; `none` if that isn't known either.
    public let defaultOutInterface: InterfaceID
    /// `net.ipv6.conf.all.forwarding`. IPv4 has a setting for each interface.
    public let forwardsIPv6: Bool
    public let settings: HostSettings
    /// `none` if the host has none.
    public let loopback: InterfaceID

    let ipv4: RoutingTables
    let ipv6: RoutingTables
    /// Routes of the type local that the kernel didn't make for an address (`fib_has_custom_local_routes`).
    let hasCustomLocalRoutes: Bool
    let hasRouteMTU: Bool
    /// Places in `interfaces`, by id.
    private let indices: [Int?]
    /// What routing asks of interfaces, by place in `interfaces`: without their names and addresses, which
    /// cost reference counting to copy.
    private let sysctls: [InterfaceSysctls]
    private let mtus: [UInt32]

    /// - Parameters:
    ///   - interfaces: those that are up; none if there is no host to route for.
    ///   - routes: of both families and all tables. What the kernel derives from addresses for the table
    ///     local needn't be among them; connected routes of the table main must (see `connectedRoutes`).
    ///   - rules: of both families; a family without any has the default ones.
    public init(
        interfaces: [HostInterface], routes: [Route]?, rules: [RoutingRule]? = nil,
        defaultOutInterface: InterfaceID = .none, forwardsIPv6: Bool = true,
        settings: HostSettings = HostSettings()
    ) {
        self.interfaces = interfaces
        self.routes = routes
        self.rules = rules
        self.settings = settings
        self.defaultOutInterface = defaultOutInterface
        self.forwardsIPv6 = forwardsIPv6
        loopback = interfaces.first { $0.isLoopback }?.id ?? .none
        var indices: [Int?] = []
        for (index, interface) in interfaces.enumerated() {
            let id = Int(interface.id.rawValue)
            while indices.count <= id { indices.append(nil) }
            indices[id] = index
        }
        self.indices = indices
        sysctls = interfaces.map(\.sysctls)
        mtus = interfaces.map(\.mtu)
        let local = interfaces.flatMap { $0.localRoutes(forwardsIPv6: forwardsIPv6) }
        let others = (routes ?? []).filter { !local.contains($0) }
        ipv4 = RoutingTables(.ipv4, local + others, rules: routes == nil ? nil : rules)
        ipv6 = RoutingTables(.ipv6, local + others, rules: routes == nil ? nil : rules)
        let made = Set(local.map(\.destination))
        hasCustomLocalRoutes = others.contains {
            $0.type == .local && $0.destination.address.family == .ipv4 && !made.contains($0.destination)
        }
        hasRouteMTU = others.contains { $0.mtu != nil }
    }

    /// A host of which only addresses are known.
    /// - Parameter outInterface: where forwarded packets leave, if that is known.
    public init(
        localAddresses: [InterfaceAddress], outInterface: InterfaceID = .none, loopback: HostInterface? = nil
    ) {
        let unnamed = HostInterface(name: "", id: .none, addresses: localAddresses)
        self.init(
            interfaces: [unnamed] + (loopback.map { [$0] } ?? []), routes: nil,
            defaultOutInterface: outInterface)
    }

    /// The routes to the subnets of the host's addresses that the kernel adds to the table main.
    public static func connectedRoutes(of interfaces: [HostInterface]) -> [Route] {
        interfaces.filter { !$0.isLoopback }.flatMap { interface in
            interface.addresses.filter { $0.prefixLength < $0.address.family.bitWidth }
                .map {
                    Route(
                        $0.prefix, outInterface: interface.id,
                        preferredSource: $0.address.family == .ipv4 ? $0.address : nil,
                        metric: $0.address.family == .ipv6 ? 256 : 0)
                }
        }
    }

    public func interface(_ id: InterfaceID) -> HostInterface? { index(of: id).map { interfaces[$0] } }

    private func index(of id: InterfaceID) -> Int? {
        Int(id.rawValue) < indices.count ? indices[Int(id.rawValue)] : nil
    }

    /// The defaults for an interface that nobody described.
    func sysctls(_ id: InterfaceID) -> InterfaceSysctls {
        index(of: id).map { sysctls[$0] } ?? InterfaceSysctls()
    }

    func mtu(_ id: InterfaceID) -> UInt32? { index(of: id).map { mtus[$0] } }

    func tables(_ family: AddressFamily) -> RoutingTables { family == .ipv4 ? ipv4 : ipv6 }

    // MARK: Addresses

    /// Whether a packet to this address is for the host itself, as unicast.
    public func isLocal(_ address: IPAddress) -> Bool {
        let route = tables(address.family).lookUp(address.bits)
        return route?.type == .local || route?.type == .anycast
    }

    /// Whether the address is configured on an interface (`inet_lookup_ifaddr_rcu`).
    func owns(_ address: IPAddress) -> Bool {
        guard let route = tables(address.family).lookUp(address.bits, in: .local) else { return false }
        return route.type == .local && route.destination.length == address.family.bitWidth
    }

    /// What a packet to this address would be: a type of route, or nil where there is none.
    public func addressType(of address: IPAddress) -> RouteType? {
        if isMulticast(address) { return .multicast }
        if address.family == .ipv4, address.bits == 0 || address.bits == 0xffff_ffff { return .broadcast }
        if let route = tables(address.family).lookUp(address.bits) { return route.type }
        return routes == nil ? .unicast : nil
    }

    /// Whether the host takes packets to a group that come in from an interface: one that it joined, or that
    /// the kernel joins by itself.
    func isJoined(_ group: IPAddress, on id: InterfaceID) -> Bool {
        if group.family == .ipv4 {
            if group.bits == 0xe000_0001 { return true }
        } else {
            switch group.bits {
            case IPv6Address.allNodes, IPv6Address.interfaceLocalAllNodes: return true
            case IPv6Address.allRouters, IPv6Address.interfaceLocalAllRouters,
                IPv6Address.siteLocalAllRouters:
                if forwardsIPv6 { return true }
            default: break
            }
        }
        // Of a host without named interfaces, the addresses may be anywhere.
        let candidates = index(of: id) ?? (routes == nil ? index(of: .none) : nil)
        guard let candidates else { return false }
        let interface = interfaces[candidates]
        if interface.joinedMulticast.contains(group) { return true }
        guard group.family == .ipv6, group.bits >> 24 == IPv6Address.solicitedNodePrefix >> 24 else {
            return false
        }
        return interface.addresses.contains {
            $0.address.family == .ipv6 && $0.address.bits & 0xff_ffff == group.bits & 0xff_ffff
        } || forwardsIPv6 && group.bits & 0xff_ffff == 0
    }
}

func isMulticast(_ address: IPAddress) -> Bool {
    address.family == .ipv4 ? address.bits >> 28 == 0xe : address.bits >> 120 == 0xff
}

/// IPv6 addresses with a meaning (RFC 4291, 2.7.1).
enum IPv6Address {
    static let loopback: UInt128 = 1
    static let interfaceLocalAllNodes: UInt128 = 0xff01 << 112 | 1
    static let allNodes: UInt128 = 0xff02 << 112 | 1
    static let interfaceLocalAllRouters: UInt128 = 0xff01 << 112 | 2
    static let allRouters: UInt128 = 0xff02 << 112 | 2
    static let siteLocalAllRouters: UInt128 = 0xff05 << 112 | 2
    /// The low 24 bits are those of the address.
    static let solicitedNodePrefix: UInt128 = 0xff02 << 112 | 0x1_ff00_0000

    static func isLinkLocal(_ bits: UInt128) -> Bool { bits >> 118 == 0xfe80 >> 6 }
}
