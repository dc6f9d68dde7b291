public import Packets

/// An address translation that a target of the table nat asks for.
public enum Translation: Hashable, Sendable {
    /// SNAT
    case source(NATRange)
    /// DNAT
    case destination(NATRange)
    /// MASQUERADE: the source becomes the address of the interface by which the packet leaves.
    case masquerade(NATRange)
    /// REDIRECT: the destination becomes the host.
    case redirect(NATRange)
    /// NETMAP: the network's part of an address changes, of the destination in PREROUTING and OUTPUT, else of the source.
    case netmap(network: UInt128, mask: UInt128)
}
