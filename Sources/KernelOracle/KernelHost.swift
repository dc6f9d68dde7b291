public import Packets
public import RuleModel

/// The host that the kernel is to stand for.
public struct KernelHost: Sendable {
    public var interfaces: [Interface]
    /// As `ip route add` takes them.
    public var routes: [String]
    public var routes6: [String]
    /// What makes the rules of a fresh host those of this one, as `ip` takes it: `rule add …`, `rule del …`.
    public var rules: [String] = []
    public var rules6: [String] = []
    /// Names with dots or slashes.
    public var sysctls: [(name: String, value: String)]

    public struct Interface: Sendable {
        public var name: String
        public var mac: MACAddress?
        public var mtu: UInt32
        /// As `ip address add` takes them: `192.0.2.1/24`.
        public var addresses: [String]

        public init(name: String, mac: MACAddress?, mtu: UInt32, addresses: [String]) {
            self.name = name
            self.mac = mac
            self.mtu = mtu
            self.addresses = addresses
        }
    }

    public init(
        interfaces: [Interface], routes: [String], routes6: [String],
        sysctls: [(name: String, value: String)]
    ) {
        self.interfaces = interfaces
        self.routes = routes
        self.routes6 = routes6
        self.sysctls = sysctls
    }
}

/// The rules to load, as `iptables-save` text; nil for a family without rules.
public struct KernelRules: Sendable {
    public var ipv4: String?
    public var ipv6: String?
    public var sets: String?
    public var backend: RuleBackend

    public init(ipv4: String?, ipv6: String?, sets: String? = nil, backend: RuleBackend = .legacy) {
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        self.sets = sets
        self.backend = backend
    }
}
