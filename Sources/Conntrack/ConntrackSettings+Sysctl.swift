extension ConntrackSettings {
    /// Why a sysctl could not be set.
    public enum SysctlError: Error, Hashable, Sendable {
        case unknownName
        /// The values that the sysctl takes.
        case invalidValue(ClosedRange<UInt32>)
    }

    /// Sets what `net.netfilter.nf_conntrack_…` names; the prefix `net.netfilter.` may be missing, and `/`
    /// may stand for `.` as in `/proc/sys`.
    public mutating func set(_ name: String, to value: String) throws(SysctlError) {
        var key = name.replacing("/", with: ".")[...]
        for prefix in ["net.netfilter.", "net.nf_conntrack_max"] where key.hasPrefix(prefix) {
            key = prefix == "net.netfilter." ? key.dropFirst(prefix.count) : "nf_conntrack_max"
        }
        guard let sysctl = Sysctl(rawValue: String(key)) else { throw .unknownName }
        let range = sysctl.range
        guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt32(value),
            range.contains(number)
        else { throw .invalidValue(range) }
        sysctl.set(number, in: &self)
    }

    /// The names of all sysctls that `set` knows, without their prefix.
    public static var sysctlNames: [String] { Sysctl.allCases.map(\.rawValue) }
}

/// `nf_conntrack_standalone.c`, `nf_ct_sysctl_table`.
private enum Sysctl: String, CaseIterable {
    case maximum = "nf_conntrack_max"
    case maximumExpectations = "nf_conntrack_expect_max"
    case checksum = "nf_conntrack_checksum"
    case accounting = "nf_conntrack_acct"
    case tcpLoose = "nf_conntrack_tcp_loose"
    case tcpBeLiberal = "nf_conntrack_tcp_be_liberal"
    case tcpIgnoreInvalidReset = "nf_conntrack_tcp_ignore_invalid_rst"
    case tcpMaximumRetransmissions = "nf_conntrack_tcp_max_retrans"
    case tcpSynSent = "nf_conntrack_tcp_timeout_syn_sent"
    case tcpSynReceived = "nf_conntrack_tcp_timeout_syn_recv"
    case tcpEstablished = "nf_conntrack_tcp_timeout_established"
    case tcpFinWait = "nf_conntrack_tcp_timeout_fin_wait"
    case tcpCloseWait = "nf_conntrack_tcp_timeout_close_wait"
    case tcpLastAck = "nf_conntrack_tcp_timeout_last_ack"
    case tcpTimeWait = "nf_conntrack_tcp_timeout_time_wait"
    case tcpClose = "nf_conntrack_tcp_timeout_close"
    case tcpRetransmission = "nf_conntrack_tcp_timeout_max_retrans"
    case tcpUnacknowledged = "nf_conntrack_tcp_timeout_unacknowledged"
    case udp = "nf_conntrack_udp_timeout"
    case udpStream = "nf_conntrack_udp_timeout_stream"
    case icmp = "nf_conntrack_icmp_timeout"
    case icmpv6 = "nf_conntrack_icmpv6_timeout"
    case gre = "nf_conntrack_gre_timeout"
    case greStream = "nf_conntrack_gre_timeout_stream"
    case generic = "nf_conntrack_generic_timeout"
    case sctpClosed = "nf_conntrack_sctp_timeout_closed"
    case sctpCookieWait = "nf_conntrack_sctp_timeout_cookie_wait"
    case sctpCookieEchoed = "nf_conntrack_sctp_timeout_cookie_echoed"
    case sctpEstablished = "nf_conntrack_sctp_timeout_established"
    case sctpShutdownSent = "nf_conntrack_sctp_timeout_shutdown_sent"
    case sctpShutdownReceived = "nf_conntrack_sctp_timeout_shutdown_recd"
    case sctpShutdownAckSent = "nf_conntrack_sctp_timeout_shutdown_ack_sent"
    case sctpHeartbeatSent = "nf_conntrack_sctp_timeout_heartbeat_sent"

    var range: ClosedRange<UInt32> {
        switch self {
        case .checksum, .accounting, .tcpLoose, .tcpBeLiberal, .tcpIgnoreInvalidReset: 0...1
        case .tcpMaximumRetransmissions: 0...255
        default: 0...UInt32(Int32.max)
        }
    }

    func set(_ value: UInt32, in settings: inout ConntrackSettings) {
        switch self {
        case .maximum: settings.maximumConnections = value
        case .maximumExpectations: settings.maximumExpectations = value
        case .checksum: settings.checksum = value != 0
        case .accounting: settings.accounting = value != 0
        case .tcpLoose: settings.tcp.loose = value != 0
        case .tcpBeLiberal: settings.tcp.beLiberal = value != 0
        case .tcpIgnoreInvalidReset: settings.tcp.ignoreInvalidReset = value != 0
        case .tcpMaximumRetransmissions: settings.tcp.maximumRetransmissions = value
        case .tcpSynSent: settings.tcp.synSentTimeout = value
        case .tcpSynReceived: settings.tcp.synReceivedTimeout = value
        case .tcpEstablished: settings.tcp.establishedTimeout = value
        case .tcpFinWait: settings.tcp.finWaitTimeout = value
        case .tcpCloseWait: settings.tcp.closeWaitTimeout = value
        case .tcpLastAck: settings.tcp.lastAckTimeout = value
        case .tcpTimeWait: settings.tcp.timeWaitTimeout = value
        case .tcpClose: settings.tcp.closeTimeout = value
        case .tcpRetransmission: settings.tcp.retransmissionTimeout = value
        case .tcpUnacknowledged: settings.tcp.unacknowledgedTimeout = value
        case .udp: settings.udpTimeout = value
        case .udpStream: settings.udpStreamTimeout = value
        case .icmp: settings.icmpTimeout = value
        case .icmpv6: settings.icmpv6Timeout = value
        case .gre: settings.greTimeout = value
        case .greStream: settings.greStreamTimeout = value
        case .generic: settings.genericTimeout = value
        case .sctpClosed: settings.sctp.closedTimeout = value
        case .sctpCookieWait: settings.sctp.cookieWaitTimeout = value
        case .sctpCookieEchoed: settings.sctp.cookieEchoedTimeout = value
        case .sctpEstablished: settings.sctp.establishedTimeout = value
        case .sctpShutdownSent: settings.sctp.shutdownSentTimeout = value
        case .sctpShutdownReceived: settings.sctp.shutdownReceivedTimeout = value
        case .sctpShutdownAckSent: settings.sctp.shutdownAckSentTimeout = value
        case .sctpHeartbeatSent: settings.sctp.heartbeatSentTimeout = value
        }
    }
}
