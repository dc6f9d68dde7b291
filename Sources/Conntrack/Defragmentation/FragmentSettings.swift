/// The sysctls of reassembly, with the kernel's defaults. Times are in seconds, memory in bytes.
public struct FragmentSettings: Hashable, Sendable {
    /// `net.ipv4.ipfrag_time`
    public var ipv4Timeout: UInt32 = 30
    /// `net.ipv4.ipfrag_high_thresh`
    public var ipv4MemoryLimit: UInt64 = 4 << 20
    /// `net.ipv4.ipfrag_max_dist`: how many other fragments of the same source may come between two of one packet;
    /// 0 is "any number".
    public var ipv4MaximumDistance: UInt32 = 64
    /// `net.netfilter.nf_conntrack_frag6_timeout`
    public var ipv6Timeout: UInt32 = 60
    /// `net.netfilter.nf_conntrack_frag6_high_thresh`
    public var ipv6MemoryLimit: UInt64 = 4 << 20

    public init() {}

    /// Sets what a sysctl names.
    /// - Returns: false if the name is none of these.
    public mutating func set(_ name: String, to value: UInt32) -> Bool {
        switch name {
        case "net.ipv4.ipfrag_time": ipv4Timeout = value
        case "net.ipv4.ipfrag_high_thresh": ipv4MemoryLimit = UInt64(value)
        case "net.ipv4.ipfrag_max_dist": ipv4MaximumDistance = value
        case "net.netfilter.nf_conntrack_frag6_timeout": ipv6Timeout = value
        case "net.netfilter.nf_conntrack_frag6_high_thresh": ipv6MemoryLimit = UInt64(value)
        default: return false
        }
        return true
    }
}
