internal import Packets

/// Which echo requests the host answers, and how many ICMP errors it sends to one address. Times are in milliseconds; 0 is "no limit".
///
/// The kernel's default for both is 1000. Here nothing is limited that nobody asked for, so that a capture without a
/// host's settings shows every answer; only the errors about missing IPv4 routes have a limit that no sysctl ends.
public struct AnswerLimits: Hashable, Sendable {
    /// `net.ipv4.icmp_ratelimit`
    public var ipv4Interval: UInt32 = 0
    /// `net.ipv4.icmp_ratemask`: a bit for each type that is limited.
    public var ipv4Types: UInt32 = 0x1818
    /// `net.ipv6.icmp.ratelimit`
    public var ipv6Interval: UInt32 = 0

    /// `net.ipv4.icmp_echo_ignore_all`
    public var ignoresIPv4Echoes = false
    /// `net.ipv4.icmp_echo_ignore_broadcasts`
    public var ignoresIPv4EchoesToGroups = true
    /// `net.ipv6.icmp.echo_ignore_all`
    public var ignoresIPv6Echoes = false
    /// `net.ipv6.icmp.echo_ignore_multicast`
    public var ignoresIPv6EchoesToGroups = false

    public init() {}

    /// Sets what a sysctl names.
    /// - Returns: false if the name is none of these.
    public mutating func set(_ name: String, to value: UInt32) -> Bool {
        switch name {
        case "net.ipv4.icmp_ratelimit": ipv4Interval = value
        case "net.ipv4.icmp_ratemask": ipv4Types = value
        case "net.ipv6.icmp.ratelimit": ipv6Interval = value
        case "net.ipv4.icmp_echo_ignore_all": ignoresIPv4Echoes = value != 0
        case "net.ipv4.icmp_echo_ignore_broadcasts": ignoresIPv4EchoesToGroups = value != 0
        case "net.ipv6.icmp.echo_ignore_all": ignoresIPv6Echoes = value != 0
        case "net.ipv6.icmp.echo_ignore_multicast": ignoresIPv6EchoesToGroups = value != 0
        default: return false
        }
        return true
    }
}

/// The token bucket of each address that ICMP errors went to (`struct inet_peer`).
struct AnswerLimiter {
    private struct Bucket {
        /// Nanoseconds.
        var tokens: Int64
        var last: Timestamp
    }

    let limits: AnswerLimits
    private var buckets: [IPAddress: Bucket] = [:]
    /// How many redirects went to a host, and when the last one did.
    private var redirects: [IPAddress: (count: Int, last: Timestamp)] = [:]
    /// More addresses than the kernel remembers; then all are forgotten.
    private static let capacity = 65_536

    init(_ limits: AnswerLimits) { self.limits = limits }

    /// Whether an ICMP error may go out, which takes its token.
    /// - Parameter reason: why routing sends it; nil for REJECT's.
    mutating func admits(
        type: UInt8, code: UInt8, about reason: RoutedAwayReason?, to peer: IPAddress, at now: Timestamp
    ) -> Bool {
        switch peer.family {
        case .ipv4:
            // `ip_error`: five at once, one a second.
            let isRouteError =
                reason == .noRoute || reason == .unreachable || reason == .prohibited
                || reason == .unreachableByRule
            if isRouteError, !take(1_000_000_000, burst: 5, peer, now) { return false }
            let isLimited = type < 32 && limits.ipv4Types >> UInt32(type) & 1 == 1 && (type, code) != (3, 4)
            guard limits.ipv4Interval > 0, isLimited else { return true }
            return take(Int64(limits.ipv4Interval) * 1_000_000, burst: 6, peer, now)
        case .ipv6:
            guard limits.ipv6Interval > 0, type != 2 else { return true }
            return take(Int64(limits.ipv6Interval) * 1_000_000, burst: 6, peer, now)
        }
    }

    /// Whether a redirect may go to a host (`ip_rt_send_redirect`): nine at growing distances, of 20 ms first, until it has
    /// been silent for 20.48 s.
    mutating func admitsRedirect(to peer: UInt128, at now: Timestamp) -> Bool {
        let address = IPAddress(family: .ipv4, bits: peer)
        if redirects.count >= AnswerLimiter.capacity, redirects[address] == nil { redirects = [:] }
        var sent = redirects[address] ?? (count: 0, last: now)
        defer { redirects[address] = sent }
        let (passed, overflow) = now.nanoseconds.subtractingReportingOverflow(sent.last.nanoseconds)
        let load: Int64 = 20_000_000
        if overflow || passed > load << 10 { sent.count = 0 }
        if sent.count >= 9 {
            sent.last = now
            return false
        }
        guard sent.count == 0 || passed > load << Int64(sent.count) else { return false }
        sent = (sent.count + 1, now)
        return true
    }

    /// `inet_peer_xrlim_allow`
    private mutating func take(_ cost: Int64, burst: Int64, _ peer: IPAddress, _ now: Timestamp) -> Bool {
        if buckets.count >= AnswerLimiter.capacity, buckets[peer] == nil { buckets = [:] }
        var bucket = buckets[peer] ?? Bucket(tokens: burst * cost, last: now)
        let (passed, overflow) = now.nanoseconds.subtractingReportingOverflow(bucket.last.nanoseconds)
        let (sum, isTooMany) = bucket.tokens.addingReportingOverflow(max(0, overflow ? .max : passed))
        bucket.tokens = isTooMany ? burst * cost : min(sum, burst * cost)
        bucket.last = now
        defer { buckets[peer] = bucket }
        guard bucket.tokens >= cost else { return false }
        bucket.tokens -= cost
        return true
    }
}
