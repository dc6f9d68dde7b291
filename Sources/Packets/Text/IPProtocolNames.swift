extension IPProtocol: CustomStringConvertible {
    /// Number and names; the first name of a number is the one that `/etc/protocols` gives it, and so iptables-save
    /// prints. Those behind it are accepted too (`xtables_chain_protos` of iptables' libxtables/xtables.c).
    private static let names: [(UInt8, String)] = [
        (0, "ip"), (0, "hopopt"), (1, "icmp"), (2, "igmp"), (3, "ggp"), (4, "ipencap"), (5, "st"), (6, "tcp"),
        (8, "egp"), (9, "igp"),
        (12, "pup"), (17, "udp"), (20, "hmp"), (22, "xns-idp"), (27, "rdp"), (29, "iso-tp4"), (33, "dccp"),
        (36, "xtp"), (37, "ddp"), (38, "idpr-cmtp"), (41, "ipv6"), (43, "ipv6-route"), (44, "ipv6-frag"),
        (45, "idrp"), (46, "rsvp"), (47, "gre"), (50, "esp"), (51, "ah"), (57, "skip"), (58, "ipv6-icmp"),
        (58, "icmpv6"), (58, "icmp6"), (59, "ipv6-nonxt"), (60, "ipv6-opts"), (73, "rspf"), (81, "vmtp"),
        (88, "eigrp"), (89, "ospf"), (93, "ax.25"), (94, "ipip"), (97, "etherip"), (98, "encap"),
        (103, "pim"),
        (108, "ipcomp"), (112, "vrrp"), (115, "l2tp"), (124, "isis"), (132, "sctp"), (133, "fc"),
        (135, "mobility-header"), (135, "ipv6-mh"), (135, "mh"), (136, "udplite"), (137, "mpls-in-ip"),
        (138, "manet"), (139, "hip"), (140, "shim6"), (141, "wesp"), (142, "rohc"), (143, "ethernet"),
    ]

    /// A name of `/etc/protocols` or one that iptables knows, in any case.
    public init?(name: String) {
        let name = name.lowercased()
        guard let number = IPProtocol.names.first(where: { $0.1 == name })?.0 else { return nil }
        self.init(rawValue: number)
    }

    /// The name that iptables-save prints, if it has one.
    public var name: String? { IPProtocol.names.first { $0.0 == rawValue }?.1 }

    /// The name, or the number.
    public var description: String { name ?? String(rawValue) }
}
