import Conntrack
import Testing

@Suite struct SettingsTests {
    @Test(arguments: [
        "net.netfilter.nf_conntrack_tcp_timeout_established",
        "net/netfilter/nf_conntrack_tcp_timeout_established",
        "nf_conntrack_tcp_timeout_established",
    ])
    func namesMayBeWrittenThreeWays(_ name: String) throws {
        var settings = ConntrackSettings()
        try settings.set(name, to: "600")
        #expect(settings.tcp.establishedTimeout == 600)
    }

    @Test func theLimitHasASecondName() throws {
        var settings = ConntrackSettings()
        try settings.set("net.nf_conntrack_max", to: "5")
        #expect(settings.maximumConnections == 5)
    }

    /// Every name sets something of its own.
    @Test func eachNameSetsOneSetting() throws {
        var seen: Set<ConntrackSettings> = [ConntrackSettings()]
        for name in ConntrackSettings.sysctlNames {
            var settings = ConntrackSettings()
            var other = ConntrackSettings()
            try settings.set(name, to: "1")
            try other.set(name, to: "0")
            #expect(settings != other, "\(name)")
            #expect(seen.insert(settings == ConntrackSettings() ? other : settings).inserted, "\(name)")
        }
        #expect(seen.count == 35)
    }

    @Test(
        arguments: [
            ("nf_conntrack_tcp_loose", "2", 0...1), ("nf_conntrack_tcp_max_retrans", "256", 0...255),
            ("nf_conntrack_udp_timeout", "-1", 0...2_147_483_647),
            ("nf_conntrack_udp_timeout", "", 0...2_147_483_647),
            ("nf_conntrack_udp_timeout", "9999999999", 0...2_147_483_647),
            ("nf_conntrack_udp_timeout", "+5", 0...2_147_483_647),
        ] as [(String, String, ClosedRange<UInt32>)])
    func badValues(_ name: String, _ value: String, _ range: ClosedRange<UInt32>) {
        var settings = ConntrackSettings()
        #expect(throws: ConntrackSettings.SysctlError.invalidValue(range)) {
            try settings.set(name, to: value)
        }
        #expect(settings == ConntrackSettings())
    }

    @Test(arguments: ["nf_conntrack_dccp_loose", "net.ipv4.ip_forward", "", "net.netfilter."])
    func unknownNames(_ name: String) {
        var settings = ConntrackSettings()
        #expect(throws: ConntrackSettings.SysctlError.unknownName) { try settings.set(name, to: "1") }
    }
}
