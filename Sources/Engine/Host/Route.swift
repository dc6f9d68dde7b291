public import Packets

/// What a route does with a packet. The raw value is the kernel's `RTN_` number (`linux/rtnetlink.h`), the
/// shift of the bit in `AddressTypes`.
public enum RouteType: UInt8, Hashable, Sendable, BitwiseCopyable {
    case unicast = 1
    case local = 2
    case broadcast = 3
    case anycast = 4
    case multicast = 5
    case blackhole = 6
    case unreachable = 7
    case prohibit = 8
    /// On to the next table.
    case `throw` = 9

    /// Whether there is no way that the route shows.
    var isRefusal: Bool {
        switch self {
        case .blackhole, .unreachable, .prohibit, .throw: true
        case .unicast, .local, .broadcast, .anycast, .multicast: false
        }
    }
}

/// A table of routes, by its number (`linux/rtnetlink.h`, `/etc/iproute2/rt_tables`).
public struct RouteTableID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let `default` = RouteTableID(rawValue: 253)
    public static let main = RouteTableID(rawValue: 254)
    public static let local = RouteTableID(rawValue: 255)
    /// No table: a rule refused the packet.
    static let none = RouteTableID(rawValue: 0)
}

public struct Route: Hashable, Sendable {
    public var destination: IPPrefix
    public var type: RouteType
    public var outInterface: InterfaceID
    public var hasGateway: Bool
    /// Nil if there is none, or it is of the other family.
    public var gateway: IPAddress?
    /// The source address for packets of the host's own (`src` of `ip route`).
    public var preferredSource: IPAddress?
    public var metric: UInt32
    public var table: RouteTableID
    /// Only for packets with this old type of service (IPv4); 0 is for all.
    public var typeOfService: UInt8 = 0
    /// Nil if the interface's counts.
    public var mtu: UInt32?
    /// One of several ways that a packet may take by a hash that nobody knows (`nexthop` of `ip route`). Their routes
    /// stand behind each other.
    public var isOneOfMany = false

    public init(
        _ destination: IPPrefix, type: RouteType = .unicast, outInterface: InterfaceID,
        hasGateway: Bool = false, gateway: IPAddress? = nil, preferredSource: IPAddress? = nil,
        metric: UInt32 = 0, table: RouteTableID = .main
    ) {
        self.destination = destination
        self.type = type
        self.outInterface = outInterface
        self.hasGateway = hasGateway || gateway != nil
        self.gateway = gateway
        self.preferredSource = preferredSource
        self.metric = metric
        self.table = table
    }

    /// What a rule says instead of a table.
    init(refusing type: RouteType, _ family: AddressFamily) {
        self.init(
            IPPrefix(IPAddress(family: family, bits: 0), length: 0), type: type, outInterface: .none,
            table: .none)
    }
}
