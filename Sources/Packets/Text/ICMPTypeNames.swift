/// A name that iptables has for an ICMP or ICMPv6 type, or for one code of a type
/// (`iptables -p icmp -h`, `ip6tables -p icmpv6 -h`).
public struct ICMPTypeName: Hashable, Sendable {
    public let name: String
    /// 255 for `any`, as in the kernel's `icmp` match, where it matches every type.
    public let type: UInt8
    public let codes: ClosedRange<UInt8>

    fileprivate init(_ name: String, _ type: UInt8, _ code: UInt8? = nil) {
        self.name = name
        self.type = type
        codes = code.map { $0...$0 } ?? 0...255
    }
}

/// The names of ICMP types of both families.
public enum ICMPTypeNames {
    /// What a name given by a user means.
    public enum Match: Sendable {
        case found(ICMPTypeName)
        /// The beginning of several names.
        case ambiguous(ICMPTypeName, ICMPTypeName)
        case unknown
    }

    /// In the order of iptables' help; where a meaning has several names, the one that is printed comes first.
    public static func all(_ family: AddressFamily) -> [ICMPTypeName] { family == .ipv4 ? v4 : v6 }

    /// As iptables looks a name up: in any case, and any beginning that only one name has will do.
    public static func find(_ name: String, _ family: AddressFamily) -> Match {
        let name = name.lowercased()
        var found: ICMPTypeName?
        guard !name.isEmpty else { return .unknown }
        for candidate in all(family) {
            let candidateName = candidate.name.lowercased()
            if candidateName == name { return .found(candidate) }
            guard candidateName.hasPrefix(name) else { continue }
            if let found { return .ambiguous(found, candidate) }
            found = candidate
        }
        return found.map(Match.found) ?? .unknown
    }

    /// The name of a type and code; if the code has none, nil.
    public static func name(type: UInt8, code: UInt8, _ family: AddressFamily) -> String? {
        let names = all(family).filter { $0.type == type && $0.name != "any" }
        if let exact = names.first(where: { $0.codes == code...code }) { return exact.name }
        guard code == 0 else { return nil }
        return names.first { $0.codes.count > 1 }?.name
    }

    private static let v4: [ICMPTypeName] = [
        ICMPTypeName("any", 255),
        ICMPTypeName("echo-reply", 0),
        ICMPTypeName("pong", 0),
        ICMPTypeName("destination-unreachable", 3),
        ICMPTypeName("network-unreachable", 3, 0),
        ICMPTypeName("host-unreachable", 3, 1),
        ICMPTypeName("protocol-unreachable", 3, 2),
        ICMPTypeName("port-unreachable", 3, 3),
        ICMPTypeName("fragmentation-needed", 3, 4),
        ICMPTypeName("source-route-failed", 3, 5),
        ICMPTypeName("network-unknown", 3, 6),
        ICMPTypeName("host-unknown", 3, 7),
        ICMPTypeName("network-prohibited", 3, 9),
        ICMPTypeName("host-prohibited", 3, 10),
        ICMPTypeName("TOS-network-unreachable", 3, 11),
        ICMPTypeName("TOS-host-unreachable", 3, 12),
        ICMPTypeName("communication-prohibited", 3, 13),
        ICMPTypeName("host-precedence-violation", 3, 14),
        ICMPTypeName("precedence-cutoff", 3, 15),
        ICMPTypeName("source-quench", 4),
        ICMPTypeName("redirect", 5),
        ICMPTypeName("network-redirect", 5, 0),
        ICMPTypeName("host-redirect", 5, 1),
        ICMPTypeName("TOS-network-redirect", 5, 2),
        ICMPTypeName("TOS-host-redirect", 5, 3),
        ICMPTypeName("echo-request", 8),
        ICMPTypeName("ping", 8),
        ICMPTypeName("router-advertisement", 9),
        ICMPTypeName("router-solicitation", 10),
        ICMPTypeName("time-exceeded", 11),
        ICMPTypeName("ttl-exceeded", 11),
        ICMPTypeName("ttl-zero-during-transit", 11, 0),
        ICMPTypeName("ttl-zero-during-reassembly", 11, 1),
        ICMPTypeName("parameter-problem", 12),
        ICMPTypeName("ip-header-bad", 12, 0),
        ICMPTypeName("required-option-missing", 12, 1),
        ICMPTypeName("timestamp-request", 13),
        ICMPTypeName("timestamp-reply", 14),
        ICMPTypeName("address-mask-request", 17),
        ICMPTypeName("address-mask-reply", 18),
    ]

    private static let v6: [ICMPTypeName] = [
        ICMPTypeName("destination-unreachable", 1),
        ICMPTypeName("no-route", 1, 0),
        ICMPTypeName("communication-prohibited", 1, 1),
        ICMPTypeName("beyond-scope", 1, 2),
        ICMPTypeName("address-unreachable", 1, 3),
        ICMPTypeName("port-unreachable", 1, 4),
        ICMPTypeName("failed-policy", 1, 5),
        ICMPTypeName("reject-route", 1, 6),
        ICMPTypeName("packet-too-big", 2),
        ICMPTypeName("time-exceeded", 3),
        ICMPTypeName("ttl-exceeded", 3),
        ICMPTypeName("ttl-zero-during-transit", 3, 0),
        ICMPTypeName("ttl-zero-during-reassembly", 3, 1),
        ICMPTypeName("parameter-problem", 4),
        ICMPTypeName("bad-header", 4, 0),
        ICMPTypeName("unknown-header-type", 4, 1),
        ICMPTypeName("unknown-option", 4, 2),
        ICMPTypeName("echo-request", 128),
        ICMPTypeName("ping", 128),
        ICMPTypeName("echo-reply", 129),
        ICMPTypeName("pong", 129),
        ICMPTypeName("router-solicitation", 133),
        ICMPTypeName("router-advertisement", 134),
        ICMPTypeName("neighbour-solicitation", 135),
        ICMPTypeName("neighbor-solicitation", 135),
        ICMPTypeName("neighbour-advertisement", 136),
        ICMPTypeName("neighbor-advertisement", 136),
        ICMPTypeName("redirect", 137),
    ]
}
