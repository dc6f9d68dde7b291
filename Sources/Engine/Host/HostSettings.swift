internal import Packets

/// Settings of the whole host that its routing and its answers heed.
public struct HostSettings: Sendable, Hashable {
    /// `net.ipv4.fwmark_reflect`: answers have the mark of what they answer.
    public var reflectsMarkIPv4 = false
    /// `net.ipv6.fwmark_reflect`
    public var reflectsMarkIPv6 = false
    /// `net.ipv4.icmp_errors_use_inbound_ifaddr`: ICMP errors come from an address of the interface that the packet came in
    /// from.
    public var errorsUseInboundAddress = false

    public init() {}

    /// Sets what a sysctl names.
    /// - Returns: false if the name is none of these.
    public mutating func set(_ name: String, to value: UInt32) -> Bool {
        switch name {
        case "net.ipv4.fwmark_reflect": reflectsMarkIPv4 = value != 0
        case "net.ipv6.fwmark_reflect": reflectsMarkIPv6 = value != 0
        case "net.ipv4.icmp_errors_use_inbound_ifaddr": errorsUseInboundAddress = value != 0
        default: return false
        }
        return true
    }
}

extension SimulatedHost {
    func reflectsMark(_ family: AddressFamily) -> Bool {
        family == .ipv4 ? settings.reflectsMarkIPv4 : settings.reflectsMarkIPv6
    }
}
