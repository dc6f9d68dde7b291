import Conntrack
import Diagnostics
import Engine
import Extensions
import Packets
import RuleModel
import TestSupport
import Testing

/// A firewall with rules as text, fed with packets in words:
///
///     10.0.0.5 ─ lan  192.0.2.1/24 = firewall = 198.51.100.1/24  wan ─ 198.51.100.7
struct Laboratory: ~Copyable {
    var firewall: Firewall
    var interfaces: InterfaceTable
    let rules: CompiledRules
    /// Seconds.
    var time: Int64 = 0
    private(set) var lastPacket = Packet(family: .ipv4)

    struct Failure: Error { var text: String }

    static let lan = "2"

    init(
        _ text: String, family: AddressFamily = .ipv4, sysctls: InterfaceSysctls = InterfaceSysctls(),
        forwardsIPv6: Bool = true, fixedPath: PacketPath? = nil,
        routes extra: [(inout InterfaceTable) -> Route] = []
    ) throws {
        interfaces = InterfaceTable()
        rules = try Laboratory.compile(text, family, &interfaces)
        let lan = HostInterface(
            name: "lan", id: interfaces.id(of: "lan"),
            addresses: [
                InterfaceAddress(.v4(0xc000_0201), prefixLength: 24),
                InterfaceAddress(.v6(0x2001_0db8 << 96 | 1), prefixLength: 64),
            ], sysctls: sysctls)
        let wan = HostInterface(
            name: "wan", id: interfaces.id(of: "wan"),
            addresses: [
                InterfaceAddress(.v4(0xc633_6401), prefixLength: 24),
                InterfaceAddress(.v6(0x2001_0db8_0000_0001 << 64 | 1), prefixLength: 64),
            ], sysctls: sysctls)
        let loopback = HostInterface(
            name: "lo", id: interfaces.id(of: "lo"),
            addresses: [InterfaceAddress(.v4(0x7f00_0001), prefixLength: 8)], mtu: 65536, isLoopback: true)
        var routes = SimulatedHost.connectedRoutes(of: [lan, wan])
        routes.append(Route(IPPrefix(.v4(0x0a00_0000), length: 8), outInterface: lan.id, hasGateway: true))
        for route in extra { routes.append(route(&interfaces)) }
        let host = SimulatedHost(
            interfaces: [loopback, lan, wan], routes: routes, forwardsIPv6: forwardsIPv6)
        firewall = Firewall(
            host: host, ipv4: family == .ipv4 ? rules : nil, ipv6: family == .ipv6 ? rules : nil,
            fixedPath: fixedPath.map { FixedPath($0, outInterface: $0 == .input ? .none : wan.id) })
    }

    static func compile(
        _ text: String, _ family: AddressFamily, _ interfaces: inout InterfaceTable
    ) throws -> CompiledRules {
        let (ruleSet, diagnostics) = RuleSetBuilder(catalogue: .standard, family: family)
            .build(SourceFile(name: "rules", text: text + "\nCOMMIT\n"))
        guard let ruleSet else { throw Failure(text: "\(diagnostics.map(\.message))") }
        return RuleCompiler.compile(ruleSet, interfaces: &interfaces)
    }

    /// Sends a packet in words; `sent` ones are the host's own.
    @discardableResult
    mutating func send(_ words: String, sent: Bool = false, type: PacketType = .host) throws
        -> TraversalResult
    {
        let description = try PacketDescription(parsing: words)
        return try send(description.bytes(), in: description.inInterface, sent: sent, type: type)
    }

    /// Sends the bytes of an IP packet.
    @discardableResult
    mutating func send(
        _ bytes: [UInt8], in interface: String?, sent: Bool = false, type: PacketType = .host
    ) throws -> TraversalResult {
        let frame = DecodedFrame(bytes, .raw)
        guard frame.isPacket else { throw Failure(text: "no packet: \(frame.content)") }
        lastPacket = frame.packet
        var metadata = PacketMetadata(timestamp: Timestamp(nanoseconds: time * 1_000_000_000))
        metadata.packetType = type
        metadata.inInterface = sent ? .none : interfaces.id(of: interface ?? "lan")
        firewall.admit(interfaces)
        return firewall.process(
            &lastPacket, &metadata, bytes: bytes.span.bytes, origin: sent ? .sentByHost : .arriving)
    }

    /// `[packets:bytes]` of a chain's rules, and of its policy at the end.
    func counters(_ table: TableKind, _ chain: String) -> String {
        var texts: [String] = []
        var number = 1
        while let id = rules.id(table: table, chain: chain, number: number) {
            let counter =
                rules.family == .ipv4
                ? firewall.ipv4.counters[Int(id.index)] : firewall.ipv6.counters[Int(id.index)]
            texts.append("[\(counter.packets):\(counter.bytes)]")
            number += 1
        }
        return texts.joined(separator: " ")
    }

    func location(_ result: TraversalResult) -> String? {
        result.rule.map { id in
            let place = rules.location(of: id)
            return "\(place.table):\(place.chain):\(place.number.map { "\($0)" } ?? "policy")"
        }
    }
}
