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
}

/// The tables that the default policy rules ask, in this order (`ip rule`: 0, 32766, 32767).
public enum RouteTableKind: Int, Hashable, Sendable, CaseIterable {
    case local, main, `default`
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
    public var table: RouteTableKind

    public init(
        _ destination: IPPrefix, type: RouteType = .unicast, outInterface: InterfaceID,
        hasGateway: Bool = false, gateway: IPAddress? = nil, preferredSource: IPAddress? = nil,
        metric: UInt32 = 0, table: RouteTableKind = .main
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
}
