public import Packets
public import RuleModel

/// Which packets a user asks for:
///
///     verdict=ACCEPT and chain=INPUT and dst in 10.1.0.0/16 and not dport in {80,443} and in=eth0 and state=NEW
///
/// `not` binds closest, then `and`, then `or`; parentheses group. A test is a field, `=`, `!=`, `in`, `not in`, `<`,
/// `<=`, `>` or `>=`, and a value, or several in braces. A packet without the field fails `=` and `in`, so that
/// `not dport=80` holds for ICMP. Fields are as the packet arrives.
public indirect enum QueryExpression: Sendable, Hashable {
    case verdict(QueryVerdict)
    /// The path of a base chain of the table filter: INPUT, FORWARD or OUTPUT.
    case chain(Hook)
    /// A test of the packet; the families may mean different things by a name, and one may have no such packets.
    case packet(ipv4: Condition, ipv6: Condition)
    case not(QueryExpression)
    case all([QueryExpression])
    case any([QueryExpression])

    /// All conditions, for a space that is to know them.
    public func conditions(_ family: AddressFamily) -> [Condition] {
        switch self {
        case .verdict, .chain: []
        case .packet(let ipv4, let ipv6): [family == .ipv4 ? ipv4 : ipv6]
        case .not(let inner): inner.conditions(family)
        case .all(let parts), .any(let parts): parts.flatMap { $0.conditions(family) }
        }
    }

    /// Whether it asks for a fate.
    public var asksVerdict: Bool {
        switch self {
        case .verdict: true
        case .chain, .packet: false
        case .not(let inner): inner.asksVerdict
        case .all(let parts), .any(let parts): parts.contains { $0.asksVerdict }
        }
    }
}

public enum QueryVerdict: String, Sendable, CaseIterable, Hashable {
    case accept = "ACCEPT"
    /// Also by a match that can't read a header.
    case drop = "DROP"
    case reject = "REJECT"
}

/// The names in front of `=`.
public enum QueryField: String, Sendable, CaseIterable, Hashable {
    case verdict, chain, `in`, out, src, dst, proto, sport, dport
    case icmpType = "icmp-type"
    case flags, state, mark, length, ttl
}
