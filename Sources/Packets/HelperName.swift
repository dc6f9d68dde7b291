/// The helpers of connection tracking that the kernel has (`nf_conntrack_helper_register` in net/netfilter), by the names
/// that `-j CT --helper` and `-m helper --helper` give them.
public enum HelperName: String, Sendable, CaseIterable, BitwiseCopyable {
    case amanda, ftp
    case h245 = "H.245"
    case irc
    case netBIOS = "netbios-ns"
    case pptp
    case q931 = "Q.931"
    case ras = "RAS"
    case sane, sip, snmp
    case snmpTrap = "snmp_trap"
    case tftp

    /// What the control connections that it reads run over.
    public var protocols: [IPProtocol] {
        switch self {
        case .ftp, .irc, .pptp, .q931, .sane: [.tcp]
        case .sip: [.tcp, .udp]
        case .amanda, .h245, .netBIOS, .ras, .snmp, .snmpTrap, .tftp: [.udp]
        }
    }

    public var isIPv4Only: Bool {
        switch self {
        case .irc, .netBIOS, .pptp, .snmp, .snmpTrap: true
        case .amanda, .ftp, .h245, .q931, .ras, .sane, .sip, .tftp: false
        }
    }
}
