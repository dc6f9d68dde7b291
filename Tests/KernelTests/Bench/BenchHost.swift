import Engine
import Packets

/// A firewall host with two interfaces.
enum BenchHost {
    static let (host, interfaces) = make()

    private static func make() -> (SimulatedHost, InterfaceTable) {
        var table = InterfaceTable()
        func interface(_ name: String, _ mac: UInt64, _ v4: UInt128, _ v6: UInt128) -> HostInterface {
            HostInterface(
                name: name, id: table.id(of: name), mac: MACAddress(bits: 0x0200_0000_0000 | mac),
                addresses: [
                    InterfaceAddress(IPAddress(family: .ipv4, bits: v4), prefixLength: 24),
                    InterfaceAddress(IPAddress(family: .ipv6, bits: v6), prefixLength: 64),
                    // Which the kernel makes of the MAC address (RFC 4291, appendix A).
                    InterfaceAddress(.v6(0xfe80 << 112 | 0xff_fe00_0000 | UInt128(mac)), prefixLength: 64),
                ])
        }
        let loopback = HostInterface(
            name: "lo", id: table.id(of: "lo"),
            addresses: [
                InterfaceAddress(.v4(0x7f00_0001), prefixLength: 8),
                InterfaceAddress(.v6(1), prefixLength: 128),
            ], mtu: 65536, isLoopback: true)
        let described = [
            loopback, interface("eth0", 1, 0xc000_0201, 0x2001_0db8 << 96 | 1),
            interface("eth1", 2, 0x0a00_0001, 0x2001_0db8_0001 << 80 | 1),
        ]
        var routes = SimulatedHost.connectedRoutes(of: described)
        routes.append(
            Route(
                IPPrefix(.v4(0), length: 0), outInterface: described[1].id, gateway: .v4(0xc000_02fe)))
        routes.append(
            Route(
                IPPrefix(.v6(0), length: 0), outInterface: described[1].id,
                gateway: .v6(0x2001_0db8 << 96 | 0xfe)))
        return (SimulatedHost(interfaces: described, routes: routes, forwardsIPv6: true), table)
    }
}
