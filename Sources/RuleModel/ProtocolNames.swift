public import Packets

/// The protocol names of rules. The table is `/etc/protocols` of Debian 12 kept here, so that a rule file means the
/// same everywhere; `-p all` and the last names are iptables' own (`xtables_chain_protos`).
public enum ProtocolNames {
    /// The name that `iptables-save` prints.
    public static func name(of number: IPProtocol) -> String? { names[number.rawValue] }

    /// A protocol by name, in any case, or by number (decimal, octal, hexadecimal). 0 means all of them.
    public static func number(_ text: String) -> IPProtocol? {
        if let number = parseNumber(text) { return UInt8(exactly: number).map(IPProtocol.init(rawValue:)) }
        return numbers[text.lowercased()].map(IPProtocol.init(rawValue:))
    }

    public static var all: [String] { table.map(\.0) + others.map(\.0) }

    private static let table: [(String, UInt8)] = [
        ("ip", 0), ("icmp", 1), ("igmp", 2), ("ggp", 3), ("ipencap", 4), ("st", 5), ("tcp", 6), ("egp", 8),
        ("igp", 9), ("pup", 12), ("udp", 17), ("hmp", 20), ("xns-idp", 22), ("rdp", 27), ("iso-tp4", 29),
        ("dccp", 33), ("xtp", 36), ("ddp", 37), ("idpr-cmtp", 38), ("ipv6", 41), ("ipv6-route", 43),
        ("ipv6-frag", 44), ("idrp", 45), ("rsvp", 46), ("gre", 47), ("esp", 50), ("ah", 51), ("skip", 57),
        ("ipv6-icmp", 58), ("ipv6-nonxt", 59), ("ipv6-opts", 60), ("rspf", 73), ("vmtp", 81), ("eigrp", 88),
        ("ospf", 89), ("ax.25", 93), ("ipip", 94), ("etherip", 97), ("encap", 98), ("pim", 103), ("ipcomp", 108),
        ("vrrp", 112), ("l2tp", 115), ("isis", 124), ("sctp", 132), ("fc", 133), ("mobility-header", 135),
        ("udplite", 136), ("mpls-in-ip", 137), ("manet", 138), ("hip", 139), ("shim6", 140), ("wesp", 141),
        ("rohc", 142), ("ethernet", 143),
    ]

    private static let others: [(String, UInt8)] = [
        ("all", 0), ("hopopt", 0), ("icmpv6", 58), ("icmp6", 58), ("mh", 135), ("ipv6-mh", 135),
    ]

    private static let names = Dictionary(uniqueKeysWithValues: table.map { ($0.1, $0.0) })
    private static let numbers = Dictionary(uniqueKeysWithValues: table + others)
}
