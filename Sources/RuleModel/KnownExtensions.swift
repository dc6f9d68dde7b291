/// The names of iptables 1.8.9's extensions (`man iptables-extensions`), so that one which isn't in the catalogue
/// is told from a misspelt one.
enum KnownExtensions {
    static let matches: Set<String> = [
        "addrtype", "ah", "bpf", "cgroup", "cluster", "comment", "connbytes", "connlabel", "connlimit",
        "connmark",
        "conntrack", "cpu", "dccp", "devgroup", "dscp", "dst", "ecn", "esp", "eui64", "frag", "hashlimit",
        "hbh",
        "helper", "hl", "icmp", "icmp6", "ipcomp", "iprange", "ipv6header", "ipvs", "length", "limit", "mac",
        "mark", "mh",
        "multiport", "nfacct", "osf", "owner", "physdev", "pkttype", "policy", "quota", "rateest", "realm",
        "recent",
        "rpfilter", "rt", "sctp", "set", "socket", "srh", "standard", "state", "statistic", "string", "tcp",
        "tcpmss",
        "time", "tos", "ttl", "u32", "udp",
    ]

    static let targets: Set<String> = [
        "ACCEPT", "AUDIT", "CHECKSUM", "CLASSIFY", "CLUSTERIP", "CONNMARK", "CONNSECMARK", "CT", "DNAT",
        "DNPT",
        "DROP", "DSCP", "ECN", "HL", "HMARK", "IDLETIMER", "LED", "LOG", "MARK", "MASQUERADE", "NETMAP",
        "NFLOG",
        "NFQUEUE", "NOTRACK", "QUEUE", "RATEEST", "REDIRECT", "REJECT", "RETURN", "SECMARK", "SET", "SNAT",
        "SNPT",
        "SYNPROXY", "TCPMSS", "TCPOPTSTRIP", "TEE", "TOS", "TPROXY", "TRACE", "TTL", "ULOG",
    ]
}
