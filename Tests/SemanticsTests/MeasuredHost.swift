import Conntrack
import Engine
import KernelOracle
import Packets

/// The firewall of every measurement, unless a case says otherwise:
///
///     198.51.100.7 … ─ 192.0.2.254 ─ 192.0.2.1 eth0 = firewall = eth1 10.0.0.1 ─ 10.0.0.5
///     2001:db8:9::7 …  2001:db8::fe  2001:db8::1             2001:db8:1::1    2001:db8:1::5
struct MeasuredHost {
    var interfaces = InterfaceTable()
    private(set) var simulated = SimulatedHost(interfaces: [], routes: [])
    private(set) var conntrack = ConntrackSettings()
    private(set) var fragments = FragmentSettings()
    private(set) var answerLimits = AnswerLimits()
    private let settings: [(name: String, value: String)]

    init(_ measured: Measurement.Case) throws {
        var links = [
            MeasuredHost.interface("eth0", 1, "192.0.2.1/24", "2001:db8::1/64", &interfaces),
            MeasuredHost.interface("eth1", 2, "10.0.0.1/24", "2001:db8:1::1/64", &interfaces),
        ]
        var extra: [Route] = []
        for words in measured.host where words[0] != "no" {
            guard words[0] != "route" else {
                extra.append(try MeasuredHost.route(words, &interfaces))
                continue
            }
            guard let index = links.firstIndex(where: { $0.name == words[1] }) else {
                throw Measurement.Failure(text: words.joined(separator: " "))
            }
            if words[0] == "mtu" {
                links[index].mtu = UInt32(words[2]) ?? 0
            } else {
                links[index].addresses.append(MeasuredHost.address(words[2]))
            }
        }
        settings = measured.settings
        var sysctls: [String: [String: UInt32]] = [:]
        for (name, value) in settings { try take(name, value, &sysctls) }
        for index in links.indices {
            links[index].sysctls = MeasuredHost.sysctls(of: links[index].name, sysctls)
        }
        let loopback = HostInterface(
            name: "lo", id: interfaces.id(of: "lo"),
            addresses: [MeasuredHost.address("127.0.0.1/8"), MeasuredHost.address("::1/128")],
            mtu: 65536, isLoopback: true)
        let all = [loopback] + links
        var routes = SimulatedHost.connectedRoutes(of: all)
        let hasDefault = !measured.host.contains(["no", "default"])
        for gateway in ["192.0.2.254", "2001:db8::fe"] where hasDefault {
            let address = IPAddress(gateway)!
            routes.append(
                Route(
                    IPPrefix(IPAddress(family: address.family, bits: 0), length: 0),
                    outInterface: links[0].id, gateway: address))
        }
        simulated = SimulatedHost(interfaces: all, routes: routes + extra, forwardsIPv6: true)
    }

    /// The same host, for the kernel to stand for.
    var kernel: KernelHost {
        KernelHost(
            simulated, interfaces, settings: [("net.ipv4.ipfrag_time", "3600")] + settings)
    }

    private static func interface(
        _ name: String, _ number: UInt64, _ v4: String, _ v6: String, _ table: inout InterfaceTable
    ) -> HostInterface {
        HostInterface(
            name: name, id: table.id(of: name), mac: MACAddress(bits: 0x0200_0000_0000 | number),
            addresses: [address(v4), address(v6), address("fe80::ff:fe00:\(number)/64")])
    }

    private static func address(_ text: String) -> InterfaceAddress {
        let parts = text.split(separator: "/")
        return InterfaceAddress(IPAddress(String(parts[0]))!, prefixLength: Int(parts[1])!)
    }

    /// `route PREFIX [via ADDRESS] dev NAME`
    private static func route(_ words: [String], _ table: inout InterfaceTable) throws -> Route {
        func value(_ name: String) -> String? { words.firstIndex(of: name).map { words[$0 + 1] } }
        guard let prefix = IPPrefix(words[1]), let device = value("dev") else {
            throw Measurement.Failure(text: words.joined(separator: " "))
        }
        return Route(
            prefix, outInterface: table.id(of: device), gateway: value("via").flatMap { IPAddress($0) })
    }

    private mutating func take(
        _ name: String, _ value: String, _ sysctls: inout [String: [String: UInt32]]
    ) throws {
        let number = UInt32(value) ?? 0
        if fragments.set(name, to: number) || answerLimits.set(name, to: number) { return }
        if name.hasPrefix("net.ipv4.conf.") {
            let parts = name.split(separator: ".").map(String.init)
            sysctls[parts[3], default: [:]][parts[4]] = number
            return
        }
        try conntrack.set(name, to: value)
    }

    private static func sysctls(
        of interface: String, _ values: [String: [String: UInt32]]
    ) -> InterfaceSysctls {
        func value(_ key: String) -> UInt32 {
            max(values["all"]?[key] ?? 0, values[interface]?[key] ?? 0)
        }
        var settings = InterfaceSysctls()
        settings.reversePathFilter = UInt8(value("rp_filter"))
        settings.acceptsLocalSources = value("accept_local") != 0
        settings.routesLoopbackAddresses = value("route_localnet") != 0
        settings.sendsRedirects = value("send_redirects") != 0
        return settings
    }
}
