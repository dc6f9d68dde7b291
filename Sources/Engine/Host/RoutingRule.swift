public import Packets

/// A rule that says which table of routes a packet's way is looked up in (`ip rule`).
public struct RoutingRule: Hashable, Sendable {
    public enum Action: Hashable, Sendable {
        case lookUp(RouteTableID)
        /// On with the rule of that priority, which is behind this one; without one, with the next.
        case goto(UInt32)
        /// On with the next.
        case nothing
        case blackhole, unreachable, prohibit
    }

    public var family: AddressFamily
    /// The lowest comes first.
    public var priority: UInt32
    public var action: Action
    /// The rule is for what its selectors don't match (`not`).
    public var isInverted = false
    public var source: IPPrefix?
    public var destination: IPPrefix?
    /// The loopback interface stands for the host's own packets.
    public var inInterface: InterfaceID?
    /// Of a socket that is bound to an interface.
    public var outInterface: InterfaceID?
    public var mark: UInt32 = 0
    public var markMask: UInt32 = 0
    /// The old type of service (`tos`): of the traffic class, IPv4 compares the bits 0x1c, IPv6 the DSCP.
    public var typeOfService: UInt8?
    /// `dscp`
    public var dscp: UInt8?
    public var transportProtocol: IPProtocol?
    public var sourcePorts: ClosedRange<UInt16>?
    public var destinationPorts: ClosedRange<UInt16>?
    /// `uidrange`
    public var users: ClosedRange<UInt32>?
    /// A route with a prefix of this length or shorter doesn't count (`suppress_prefixlength`).
    public var suppressedLength: Int?

    public init(_ family: AddressFamily, priority: UInt32, _ action: Action) {
        self.family = family
        self.priority = priority
        self.action = action
    }

    /// Those of a host on which nobody changed them.
    public static func defaults(_ family: AddressFamily) -> [RoutingRule] {
        let common = [
            RoutingRule(family, priority: 0, .lookUp(.local)),
            RoutingRule(family, priority: 32766, .lookUp(.main)),
        ]
        return family == .ipv6
            ? common : common + [RoutingRule(family, priority: 32767, .lookUp(.default))]
    }

    /// `fib_rule_match`, `fib4_rule_match`, `fib6_rule_match`
    func matches(_ query: RouteQuery) -> Bool { selects(query) != isInverted }

    private func selects(_ query: RouteQuery) -> Bool {
        if let inInterface, inInterface != query.inInterface { return false }
        if let outInterface, outInterface != query.outInterface { return false }
        if (query.mark ^ mark) & markMask != 0 { return false }
        if let users {
            guard let user = query.user, users.contains(user) else { return false }
        }
        if let source, !source.contains(IPAddress(family: family, bits: query.source)) { return false }
        if let destination, !destination.contains(IPAddress(family: family, bits: query.destination)) {
            return false
        }
        if let typeOfService, typeOfService != query.trafficClass & (family == .ipv4 ? 0x1c : 0xfc) {
            return false
        }
        if let dscp, dscp != query.trafficClass >> 2 { return false }
        if let transportProtocol, transportProtocol != query.transportProtocol { return false }
        if let sourcePorts, !sourcePorts.contains(query.sourcePort) { return false }
        if let destinationPorts, !destinationPorts.contains(query.destinationPort) { return false }
        return true
    }
}
