public import Packets
public import RuleModel

/// What the host itself answers a packet with: a TCP reset or an ICMP error to one that it refuses, an echo.
public enum AnswerMessage: Hashable, Sendable, BitwiseCopyable {
    case tcpReset
    /// - Parameter field: the four bytes behind the checksum: an MTU, a pointer, or 0.
    case icmp(type: UInt8, code: UInt8, field: UInt32)
    /// To an echo request.
    case echoReply

    /// What REJECT sends (`ipt_REJECT.c`, `ip6t_REJECT.c`).
    public init(_ kind: RejectKind) {
        switch kind {
        case .tcpReset: self = .tcpReset
        case .icmpNetUnreachable: self = .icmp(type: 3, code: 0, field: 0)
        case .icmpHostUnreachable: self = .icmp(type: 3, code: 1, field: 0)
        case .icmpProtocolUnreachable: self = .icmp(type: 3, code: 2, field: 0)
        case .icmpPortUnreachable: self = .icmp(type: 3, code: 3, field: 0)
        case .icmpNetProhibited: self = .icmp(type: 3, code: 9, field: 0)
        case .icmpHostProhibited: self = .icmp(type: 3, code: 10, field: 0)
        case .icmpAdminProhibited: self = .icmp(type: 3, code: 13, field: 0)
        case .icmp6NoRoute: self = .icmp(type: 1, code: 0, field: 0)
        case .icmp6AdminProhibited: self = .icmp(type: 1, code: 1, field: 0)
        case .icmp6AddressUnreachable: self = .icmp(type: 1, code: 3, field: 0)
        case .icmp6PortUnreachable: self = .icmp(type: 1, code: 4, field: 0)
        case .icmp6PolicyFail: self = .icmp(type: 1, code: 5, field: 0)
        case .icmp6RejectRoute: self = .icmp(type: 1, code: 6, field: 0)
        }
    }

    /// What routing sends (`ip_forward`, `ip_error`, `ip6_forward`, `ip6_pkt_drop`); nil if nothing.
    /// - Parameters:
    ///   - mtu: of the way out that a packet was too long for.
    ///   - optionOffset: where the IPv4 header has the option that was refused.
    init?(_ reason: RoutedAwayReason, _ family: AddressFamily, mtu: UInt32, optionOffset: UInt8) {
        switch (reason, family) {
        case (.ttlExceeded, .ipv4): self = .icmp(type: 11, code: 0, field: 0)
        case (.ttlExceeded, .ipv6): self = .icmp(type: 3, code: 0, field: 0)
        case (.fragmentationNeeded, .ipv4): self = .icmp(type: 3, code: 4, field: mtu)
        case (.fragmentationNeeded, .ipv6): self = .icmp(type: 2, code: 0, field: mtu)
        case (.noRoute, .ipv4), (.unreachableByRule, .ipv4): self = .icmp(type: 3, code: 0, field: 0)
        case (.unreachable, .ipv4): self = .icmp(type: 3, code: 1, field: 0)
        case (.prohibited, .ipv4): self = .icmp(type: 3, code: 13, field: 0)
        case (.noRoute, .ipv6), (.unreachable, .ipv6), (.unreachableByRule, .ipv6):
            self = .icmp(type: 1, code: 0, field: 0)
        case (.prohibited, .ipv6): self = .icmp(type: 1, code: 1, field: 0)
        case (.beyondScope, .ipv6): self = .icmp(type: 1, code: 2, field: 0)
        case (.badIPOption, .ipv4): self = .icmp(type: 12, code: 0, field: UInt32(optionOffset) << 24)
        default: return nil
        }
    }

    /// In the words that iptables has for it: `tcp-reset`, `icmp-port-unreachable`, `icmp-time-exceeded`.
    public func name(_ family: AddressFamily) -> String {
        let (type, code): (UInt8, UInt8)
        switch self {
        case .tcpReset: return RejectKind.tcpReset.rawValue
        case .echoReply: return family == .ipv4 ? "icmp-echo-reply" : "icmp6-echo-reply"
        case .icmp(let ownType, let ownCode, _): (type, code) = (ownType, ownCode)
        }
        let kinds = RejectKind.allCases.filter {
            $0 != .tcpReset && $0.rawValue.hasPrefix("icmp6-") == (family == .ipv6)
        }
        if let kind = kinds.first(where: { AnswerMessage($0) == .icmp(type: type, code: code, field: 0) }) {
            return kind.rawValue
        }
        switch (family, type, code) {
        case (.ipv4, 3, 4): return "icmp-fragmentation-needed"
        case (.ipv4, 5, _): return "icmp-redirect"
        case (.ipv4, 11, _): return "icmp-time-exceeded"
        case (.ipv4, 12, _): return "icmp-parameter-problem"
        case (.ipv6, 1, 2): return "icmp6-beyond-scope"
        case (.ipv6, 2, _): return "icmp6-packet-too-big"
        case (.ipv6, 3, _): return "icmp6-time-exceeded"
        case (.ipv6, 4, _): return "icmp6-parameter-problem"
        default: return "icmp-\(type)/\(code)"
        }
    }
}
