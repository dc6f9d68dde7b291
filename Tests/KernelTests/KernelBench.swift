import Conntrack
import Diagnostics
import Engine
import Extensions
import Glibc
import KernelOracle
import Packets
import Reports
import RuleModel
import TestSupport

/// A firewall host with two interfaces, in the kernel and simulated.
final class KernelBench {
    private let kernel: KernelReplay
    private let host: SimulatedHost
    private let interfaces: InterfaceTable
    let family: AddressFamily
    let backend: RuleBackend

    struct Failure: Error { var text: String }

    /// Whether this machine lets us make namespaces and load rules.
    static let canAsk =
        geteuid() == 0
        && ["iptables-legacy-restore", "conntrack", "nft", "ip"].allSatisfy { (name: String) in
            access("/usr/sbin/" + name, X_OK) == 0
        }

    init(_ family: AddressFamily, backend: RuleBackend = .legacy, rules: String) throws {
        self.family = family
        self.backend = backend
        var table = InterfaceTable()
        func interface(_ name: String, _ mac: UInt64, _ v4: UInt128, _ v6: UInt128) -> HostInterface {
            HostInterface(
                name: name, id: table.id(of: name), mac: MACAddress(bits: 0x0200_0000_0000 | mac),
                addresses: [
                    InterfaceAddress(IPAddress(family: .ipv4, bits: v4), prefixLength: 24),
                    InterfaceAddress(IPAddress(family: .ipv6, bits: v6), prefixLength: 64),
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
        host = SimulatedHost(interfaces: described, routes: routes, forwardsIPv6: true)
        interfaces = table
        do throws(KernelFailure) {
            kernel = try KernelReplay(
                KernelHost(
                    host, table,
                    // No fragment's time runs out while we look.
                    settings: [
                        ("net.ipv4.ipfrag_time", "3600"), ("net.ipv6.ip6frag_time", "3600"),
                        ("net.netfilter.nf_conntrack_frag6_timeout", "3600"),
                    ]), KernelBench.rules(rules, family, backend), tracksIPv4: family == .ipv4,
                tracksIPv6: family == .ipv6)
        } catch {
            throw Failure(text: error.message)
        }
    }

    func end() { kernel.end() }

    private static func rules(
        _ text: String, _ family: AddressFamily, _ backend: RuleBackend
    ) -> KernelRules {
        KernelRules(
            ipv4: family == .ipv4 ? text : nil, ipv6: family == .ipv6 ? text : nil, backend: backend)
    }

    /// What the two disagree about, in words; nil if nothing.
    func disagreement(_ text: String, _ packets: [[RandomTraffic.Item]]) throws -> String? {
        var table = interfaces
        let (ruleSet, diagnostics) = RuleSetBuilder(catalogue: .standard, family: family)
            .build(SourceFile(name: "rules", text: text))
        guard let ruleSet else { throw Failure(text: "\(diagnostics.map(\.message))\n\(text)") }
        let compiled = RuleCompiler.compile(ruleSet, interfaces: &table)
        var firewall = Firewall(
            host: host, ipv4: family == .ipv4 ? compiled : nil, ipv6: family == .ipv6 ? compiled : nil,
            checksums: .verify)
        firewall.admit(table)
        firewall.keepsOutcome = true
        do throws(KernelFailure) {
            try kernel.replaceRules(KernelBench.rules(text, family, backend))
        } catch {
            throw Failure(text: error.message + "\n" + text)
        }
        for (number, item) in packets.joined().enumerated() {
            if let found = try compare(item, &firewall, table, compiled) {
                return
                    "packet \(number + 1) \(item.interface ?? "own") \(KernelBench.hex(item.bytes))\n\(found)"
            }
        }
        let own = family == .ipv4 ? firewall.ipv4.counters : firewall.ipv6.counters
        let comparison: CounterComparison
        do throws(KernelFailure) {
            comparison = CounterComparison(
                simulated: compiled.countersText(own), kernel: try kernel.savedRules(family))
        } catch {
            throw Failure(text: error.message)
        }
        guard !comparison.differences.isEmpty else { return nil }
        return comparison.differences.map {
            "\($0.place): simulated \($0.simulated), kernel \($0.kernel): \($0.rule)"
        }.joined(separator: "\n")
    }

    private func compare(
        _ item: RandomTraffic.Item, _ firewall: inout Firewall, _ table: InterfaceTable,
        _ rules: CompiledRules
    ) throws -> String? {
        var packet = Packet(family: family)
        let fault = PacketDecoder(checksAddressScope: false).decode(
            item.bytes.span.bytes, family: family, networkOffset: 0, originalLength: item.bytes.count,
            into: &packet)
        guard fault == nil else { return nil }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var metadata = PacketMetadata(
            timestamp: Timestamp(nanoseconds: Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)))
        var names = table
        if let interface = item.interface { metadata.inInterface = names.id(of: interface) }
        let traversal = firewall.process(
            &packet, &metadata, bytes: item.bytes.span.bytes,
            origin: item.interface == nil ? .sentByHost : .arriving)
        let observed: KernelObservation
        do throws(KernelFailure) {
            if let interface = item.interface {
                observed = try kernel.arrive(item.bytes, family: family, on: interface, from: nil)
            } else {
                observed = try kernel.send(item.bytes, family: family)
            }
        } catch {
            throw Failure(text: error.message)
        }
        let comparison = PacketComparison(
            traversal, outcome: firewall.outcome, answer: firewall.answer, observed, table,
            tracks: rules.needsConntrack)
        guard !comparison.differences.isEmpty else { return nil }
        return comparison.differences.map { "  \($0.what): simulated \($0.simulated), kernel \($0.kernel)" }
            .joined(separator: "\n")
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
