/// What a target does to a packet.
public enum Action: Hashable, Sendable {
    case accept
    case drop
    /// RETURN: on to the rule behind the calling one, or the policy of a base chain.
    case returnToCaller
    /// Drop, and answer.
    case reject(RejectKind)
    /// Write a line and go on.
    case log(LogParameters)
    /// `mark = (mark & ~mask) ^ value`, and go on (`net/netfilter/xt_mark.c`).
    case setMark(value: UInt32, mask: UInt32)
}

/// The answer of REJECT. The raw value is iptables' own word for it.
public enum RejectKind: String, Hashable, Sendable, CaseIterable, BitwiseCopyable {
    case icmpNetUnreachable = "icmp-net-unreachable"
    case icmpHostUnreachable = "icmp-host-unreachable"
    case icmpPortUnreachable = "icmp-port-unreachable"
    case icmpProtocolUnreachable = "icmp-proto-unreachable"
    case icmpNetProhibited = "icmp-net-prohibited"
    case icmpHostProhibited = "icmp-host-prohibited"
    case icmpAdminProhibited = "icmp-admin-prohibited"
    case icmp6NoRoute = "icmp6-no-route"
    case icmp6AdminProhibited = "icmp6-adm-prohibited"
    case icmp6AddressUnreachable = "icmp6-addr-unreachable"
    case icmp6PortUnreachable = "icmp6-port-unreachable"
    case icmp6PolicyFail = "icmp6-policy-fail"
    case icmp6RejectRoute = "icmp6-reject-route"
    case tcpReset = "tcp-reset"
}

/// What `-j LOG` was told (`linux/netfilter/xt_LOG.h`).
public struct LogParameters: Hashable, Sendable {
    public var prefix: String
    /// A syslog level, 0 (emerg) to 7 (debug).
    public var level: UInt8
    public var tcpSequence: Bool
    public var tcpOptions: Bool
    public var ipOptions: Bool
    public var uid: Bool
    public var macDecode: Bool

    public init(
        prefix: String = "", level: UInt8 = 4, tcpSequence: Bool = false, tcpOptions: Bool = false,
        ipOptions: Bool = false, uid: Bool = false, macDecode: Bool = false
    ) {
        self.prefix = prefix
        self.level = level
        self.tcpSequence = tcpSequence
        self.tcpOptions = tcpOptions
        self.ipOptions = ipOptions
        self.uid = uid
        self.macDecode = macDecode
    }
}
