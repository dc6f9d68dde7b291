public import Packets

/// An interface of the firewall host that is up.
public struct HostInterface: Sendable, Hashable {
    public var name: String
    public var id: InterfaceID
    public var mac: MACAddress?
    public var addresses: [InterfaceAddress]
    public var mtu: UInt32
    public var isLoopback: Bool
    /// Groups joined beside those that the kernel joins by itself.
    public var joinedMulticast: [IPAddress]
    public var sysctls: InterfaceSysctls

    public init(
        name: String, id: InterfaceID, mac: MACAddress? = nil, addresses: [InterfaceAddress] = [],
        mtu: UInt32 = 1500, isLoopback: Bool = false, joinedMulticast: [IPAddress] = [],
        sysctls: InterfaceSysctls = InterfaceSysctls()
    ) {
        self.name = name
        self.id = id
        self.mac = mac
        self.addresses = addresses
        self.mtu = mtu
        self.isLoopback = isLoopback
        self.joinedMulticast = joinedMulticast
        self.sysctls = sysctls
    }
}

public struct InterfaceAddress: Sendable, Hashable {
    public var address: IPAddress
    public var prefixLength: Int
    /// An IPv4 broadcast address that was set explicitly, beside the subnet's own.
    public var broadcast: IPAddress?
    /// IPv4: another address of the same network came before.
    public var isSecondary: Bool
    /// Of scope global, neither link nor host.
    public var isGlobal: Bool

    /// - Precondition: `prefixLength` is in `0...32` for IPv4, `0...128` for IPv6.
    public init(
        _ address: IPAddress, prefixLength: Int, broadcast: IPAddress? = nil, isSecondary: Bool = false,
        isGlobal: Bool = true
    ) {
        precondition(prefixLength >= 0 && prefixLength <= address.family.bitWidth)
        self.address = address
        self.prefixLength = prefixLength
        self.broadcast = broadcast
        self.isSecondary = isSecondary
        self.isGlobal = isGlobal
    }

    public var prefix: IPPrefix { IPPrefix(address, length: prefixLength) }
}

/// `net.ipv4.conf.…` as it holds for one interface: the kernel's combination of `all` and the interface's own
/// value (`linux/inetdevice.h`).
public struct InterfaceSysctls: Sendable, Hashable {
    /// `forwarding`, which `net.ipv4.ip_forward` sets.
    public var forwards = true
    /// `rp_filter`: 0 off, 1 strict, 2 loose; the higher of the two.
    public var reversePathFilter: UInt8 = 0
    /// `src_valid_mark`: either of the two. The reverse path filter looks a source up with the packet's mark.
    public var filtersReversePathByMark = false
    /// `accept_local`: either of the two.
    public var acceptsLocalSources = false
    /// `route_localnet`: either of the two.
    public var routesLoopbackAddresses = false
    /// `send_redirects`: either of the two.
    public var sendsRedirects = true
    /// Whether redirects are sent, and not only taken into account where `sendsRedirects` matters to routing. Off as long as
    /// nobody said it, so that a capture without a host's settings isn't answered with them.
    public var makesRedirects = false
    /// `shared_media`: either of the two.
    public var sharesMedia = true
    /// `accept_source_route`: both of the two.
    public var acceptsSourceRoutes = false

    public init() {}
}
