import Foundation
import Packets
import RuleModel

/// Three namespaces: the firewall, the wire that its interfaces lead to, and a pair of interfaces whose only purpose is to
/// tell when the kernel has finished with a packet.
///
/// Interfaces don't ask for neighbours (NOARP): a frame leaves with its own interface's MAC as destination.
final class KernelLaboratory {
    let firewall: NetworkNamespace
    let wire: NetworkNamespace
    let barrier: NetworkNamespace
    let host: KernelHost

    init(_ host: KernelHost, _ rules: KernelRules, tracks: (ipv4: Bool, ipv6: Bool)) throws(KernelFailure) {
        guard geteuid() == 0 else { throw KernelFailure("network namespaces need root") }
        self.host = host
        let tag = "gatehouse\(ProcessInfo.processInfo.processIdentifier)"
        // Two laboratories of one process, in tests.
        let number = KernelLaboratory.next()
        firewall = try NetworkNamespace("\(tag)-\(number)-fw")
        wire = try NetworkNamespace("\(tag)-\(number)-wire")
        barrier = try NetworkNamespace("\(tag)-\(number)-bar")
        try silence()
        try connect()
        try firewall.run(
            ["nft", "-f", "-"], input: ProbeRules.text(tracksIPv4: tracks.ipv4, tracksIPv6: tracks.ipv6))
        try address()
        try set(host.sysctls)
        try load(rules)
    }

    private static let counter = Counter()

    private final class Counter: @unchecked Sendable {
        private let lock = NSLock()
        private var count = 0

        func next() -> Int {
            lock.withLock {
                count += 1
                return count
            }
        }
    }

    private static func next() -> Int { counter.next() }

    func remove() {
        for namespace in [firewall, wire, barrier] { namespace.remove() }
    }

    // MARK: Setting up

    /// What a fresh namespace would do by itself.
    private func silence() throws(KernelFailure) {
        for namespace in [wire, barrier] {
            _ = try namespace.run(
                [
                    "sh", "-c",
                    "for i in all default; do echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6; done",
                ])
        }
        var quiet = [
            ("net.ipv4.icmp_ratelimit", "0"), ("net.ipv4.icmp_ratemask", "0"),
            ("net.ipv6.icmp.ratelimit", "0"),
            ("net.ipv4.icmp_msgs_per_sec", "1000000"), ("net.ipv4.icmp_msgs_burst", "1000000"),
            ("net.ipv6.auto_flowlabels", "0"), ("net.ipv4.ip_forward", "0"),
        ]
        for device in ["all", "default"] {
            let settings4 = [
                "rp_filter", "send_redirects", "accept_redirects", "log_martians", "accept_local",
                "route_localnet",
                "accept_source_route",
            ]
            quiet += settings4.map { ("net.ipv4.conf.\(device).\($0)", "0") }
            let settings6 = [
                "accept_ra", "accept_dad", "dad_transmits", "router_solicitations", "autoconf",
                "accept_redirects",
                "forwarding", "use_tempaddr",
            ]
            quiet += settings6.map { ("net.ipv6.conf.\(device).\($0)", "0") }
        }
        try set(quiet)
    }

    /// A setting that this kernel doesn't have stays what it is.
    private func set(_ settings: [(name: String, value: String)]) throws(KernelFailure) {
        let lines = settings.compactMap { name, value -> String? in
            let path = SysctlPath.path(of: name)
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            let isOdd =
                parts.contains("..") || (path + value).contains(where: \.isNewline) || path.contains(" ")
            return isOdd || parts.first != "net" ? nil : "\(path) \(value)"
        }
        let script = """
            while read -r path value; do
              if [ -w "/proc/sys/$path" ]; then printf '%s' "$value" > "/proc/sys/$path" 2>/dev/null; fi
            done; true
            """
        try firewall.run(["sh", "-c", script], input: lines.map { $0 + "\n" }.joined())
    }

    private var links: [KernelHost.Interface] { host.interfaces.filter { $0.name != "lo" } }

    private func connect() throws(KernelFailure) {
        try firewall.configure(
            links.map { link in
                let mac = link.mac.map { " address \($0)" } ?? ""
                return
                    "link add \(link.name) mtu \(link.mtu)\(mac) type veth peer name \(link.name) netns \(wire.name)"
            })
        try wire.configure(links.map { "link set \($0.name) arp off mtu 65535 up" })
        try barrier.configure([
            "link add b0 type veth peer name b1", "link set b0 arp off up", "link set b1 arp off up",
        ])
        for namespace in [firewall, wire] {
            for link in links {
                _ = try? namespace.run([
                    "ethtool", "-K", link.name, "gro", "off", "gso", "off", "tso", "off", "tx", "off", "rx",
                    "off",
                    "sg", "off",
                ])
            }
        }
    }

    private func address() throws(KernelFailure) {
        try firewall.configure(["link set lo up"] + links.map { "link set \($0.name) arp off up" })
        var lines: [AddressFamily: [String]] = [:]
        for interface in host.interfaces {
            for address in interface.addresses where !["127.0.0.1/8", "::1/128"].contains(address) {
                let isIPv6 = address.contains(":")
                let words = isIPv6 ? " nodad" : ""
                lines[isIPv6 ? .ipv6 : .ipv4, default: []].append(
                    "address replace \(address) dev \(interface.name)\(words)")
            }
        }
        try firewall.configure(lines[.ipv4] ?? [])
        try firewall.configure(lines[.ipv6] ?? [], family: ["-6"])
        try firewall.configure(host.routes.map { "route replace \($0)" })
        try firewall.configure(host.routes6.map { "route replace \($0)" }, family: ["-6"])
        try firewall.configure(host.rules)
        try firewall.configure(host.rules6, family: ["-6"])
    }

    func load(_ rules: KernelRules) throws(KernelFailure) {
        if let sets = rules.sets { try firewall.run(["ipset", "restore"], input: sets) }
        for (program, text) in [("iptables", rules.ipv4), ("ip6tables", rules.ipv6)] {
            guard let text else { continue }
            try firewall.run(["\(program)-\(rules.backend.rawValue)-restore"], input: text)
        }
    }

    func destroy(sets: [String]) throws(KernelFailure) {
        guard !sets.isEmpty else { return }
        try firewall.run(["ipset", "restore"], input: sets.map { "destroy \($0)\n" }.joined())
    }

    func forgetConnections() throws(KernelFailure) { try firewall.run(["conntrack", "-F"]) }

    /// What `conntrack -L -o extended` prints.
    func connections(_ family: AddressFamily) throws(KernelFailure) -> String {
        let name = family == .ipv4 ? "ipv4" : "ipv6"
        return try firewall.run(["conntrack", "-L", "-f", name, "-o", "extended"])
    }

    /// What `iptables-save -c` prints.
    func savedRules(_ family: AddressFamily, _ backend: RuleBackend) throws(KernelFailure) -> String {
        let program = family == .ipv4 ? "iptables" : "ip6tables"
        return try firewall.run(["\(program)-\(backend.rawValue)-save", "-c"])
    }
}

/// Names of settings, as `sysctl(8)` writes them.
enum SysctlPath {
    /// The separator that comes first separates, dot or slash; behind dots, a slash stands for a dot (an interface `eth0.5` is
    /// written `eth0/5`).
    static func path(of name: String) -> String {
        if name.first(where: { $0 == "." || $0 == "/" }) == "/" { return name }
        return String(name.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 })
    }
}
