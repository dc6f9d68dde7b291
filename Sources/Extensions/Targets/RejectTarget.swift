import Packets
public import RuleModel

/// `-j REJECT` (extensions/libipt_REJECT.c and libip6t_REJECT.c; ipt_REJECT.c and ip6t_REJECT.c in the kernel).
public struct RejectTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "REJECT", tables: [.filter], hooks: [.input, .forward, .output],
        options: [OptionSpec("--reject-with")])

    private let kind: RejectKind

    /// In the order of `linux/netfilter_ipv4/ipt_REJECT.h`; the first that begins with what is written is meant.
    private static let ipv4: [(kind: RejectKind, alias: String)] = [
        (.icmpNetUnreachable, "net-unreach"), (.icmpHostUnreachable, "host-unreach"),
        (.icmpProtocolUnreachable, "proto-unreach"), (.icmpPortUnreachable, "port-unreach"),
        (.icmpNetProhibited, "net-prohib"), (.icmpHostProhibited, "host-prohib"), (.tcpReset, "tcp-rst"),
        (.icmpAdminProhibited, "admin-prohib"),
    ]

    /// In the order of `linux/netfilter_ipv6/ip6t_REJECT.h`.
    private static let ipv6: [(kind: RejectKind, alias: String)] = [
        (.icmp6NoRoute, "no-route"), (.icmp6AdminProhibited, "adm-prohibited"),
        (.icmp6AddressUnreachable, "addr-unreach"), (.icmp6PortUnreachable, "port-unreach"),
        (.tcpReset, "tcp-reset"),
        (.icmp6PolicyFail, "policy-fail"), (.icmp6RejectRoute, "reject-route"),
    ]

    public init?(_ reader: inout OptionReader) {
        let family = reader.context.family
        guard let option = reader.option("--reject-with") else {
            kind = family == .ipv4 ? .icmpPortUnreachable : .icmp6PortUnreachable
            return
        }
        let names = (family == .ipv4 ? RejectTarget.ipv4 : RejectTarget.ipv6).flatMap {
            [(name: $0.kind.rawValue, value: $0.kind), (name: $0.alias, value: $0.kind)]
        }
        let argument = option.arguments[0]
        guard let kind = reader.name(argument, among: names, what: "answer") else { return nil }
        if kind == .tcpReset, reader.context.transportProtocol != Negatable(.tcp) {
            reader.needsProtocol("tcp-reset", "-p tcp", at: argument.range)
            return nil
        }
        self.kind = kind
    }

    public var action: Action { .reject(kind) }
    public var savedWords: [String] { savedOption("--reject-with", kind.rawValue) }
}
