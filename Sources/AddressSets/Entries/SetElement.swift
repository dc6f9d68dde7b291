public import Packets

/// What an entry of a set is found by; parts that the set's type doesn't have are zero.
public struct SetElement: Hashable, Sendable {
    /// Bits behind the prefix length are zero. See `IPAddress.bits`.
    public var address: UInt128 = 0
    /// The second address (`hash:ip,port,ip`) or network (`hash:net,net`).
    public var second: UInt128 = 0
    /// A MAC address's bits, or a mark.
    public var tag: UInt64 = 0
    /// A port; for ICMP and ICMPv6 type × 256 + code.
    public var port: UInt16 = 0
    /// Of networks; 0 for types that have none.
    public var length: UInt8 = 0
    public var secondLength: UInt8 = 0
    public var transportProtocol = IPProtocol(rawValue: 0)
    /// Whether the interface is a bridge's port (`physdev:`), by which no rule of iptables asks.
    public var isPhysical = false

    public init() {}

    /// Shortens the first network.
    func masked(to length: UInt8, family: AddressFamily) -> SetElement {
        var element = self
        element.address &= IPPrefix.mask(Int(length), family: family)
        element.length = length
        return element
    }

    func secondMasked(to length: UInt8, family: AddressFamily) -> SetElement {
        var element = self
        element.second &= IPPrefix.mask(Int(length), family: family)
        element.secondLength = length
        return element
    }
}

extension SetElement: Comparable {
    /// The order in which sets are printed: by addresses, then lengths, then what else there is.
    public static func < (a: SetElement, b: SetElement) -> Bool {
        if a.address != b.address { return a.address < b.address }
        if a.length != b.length { return a.length < b.length }
        if a.transportProtocol != b.transportProtocol {
            return a.transportProtocol.rawValue < b.transportProtocol.rawValue
        }
        if a.port != b.port { return a.port < b.port }
        if a.second != b.second { return a.second < b.second }
        if a.secondLength != b.secondLength { return a.secondLength < b.secondLength }
        if a.tag != b.tag { return a.tag < b.tag }
        return !a.isPhysical && b.isPhysical
    }
}
