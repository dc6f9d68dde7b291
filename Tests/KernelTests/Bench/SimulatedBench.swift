import AddressSets
import Conntrack
import Diagnostics
import Engine
import Extensions
import Glibc
import Packets
import Reports
import RuleModel

/// The simulated side of a case.
struct SimulatedBench: ~Copyable {
    let rules: CompiledRules
    let interfaces: InterfaceTable
    let family: AddressFamily
    var firewall: Firewall

    struct Failure: Error { var text: String }

    init(_ test: RandomCase, run: UInt32) throws {
        family = test.family
        let texts = test.texts(run: run)
        var sets: SetCatalogue?
        if !texts.sets.isEmpty {
            let read = SetFileReader(SourceFile(name: "sets", text: texts.sets)).read()
            guard let catalogue = read.catalogue else {
                throw Failure(text: "\(read.diagnostics.map(\.message))\n\(texts.sets)")
            }
            sets = catalogue
        }
        let (ruleSet, diagnostics) = RuleSetBuilder(
            catalogue: .standard, family: family, sets: sets, backend: test.backend
        ).build(SourceFile(name: "rules", text: texts.rules))
        guard let ruleSet else { throw Failure(text: "\(diagnostics.map(\.message))\n\(texts.rules)") }
        var table = BenchHost.interfaces
        rules = RuleCompiler.compile(ruleSet, interfaces: &table)
        interfaces = table
        var settings = ConntrackSettings()
        settings.accounting = true
        firewall = Firewall(
            host: BenchHost.host, ipv4: family == .ipv4 ? rules : nil, ipv6: family == .ipv6 ? rules : nil,
            conntrack: settings, checksums: .verify)
        firewall.admit(table)
        firewall.keepsOutcome = true
    }

    /// Nil if the packet can't be read.
    mutating func send(_ item: TrafficItem, run: UInt32) -> TraversalResult? {
        let bytes = item.bytes(run: run)
        var packet = Packet(family: family)
        let fault = PacketDecoder(checksAddressScope: false).decode(
            bytes.span.bytes, family: family, networkOffset: 0, originalLength: bytes.count, into: &packet)
        guard fault == nil else { return nil }
        var metadata = PacketMetadata(timestamp: SimulatedBench.now)
        var names = interfaces
        if let interface = item.interface {
            metadata.inInterface = names.id(of: interface)
            metadata.hasMACs = true
            metadata.sourceMAC = item.source
            let own = BenchHost.host.interfaces.first { $0.name == interface }?.mac
            metadata.destinationMAC = item.group ?? own ?? MACAddress(bits: 0)
            if let group = item.group {
                metadata.packetType = group.bits == 0xffff_ffff_ffff ? .broadcast : .multicast
            }
        }
        return firewall.process(
            &packet, &metadata, bytes: bytes.span.bytes,
            origin: item.interface == nil ? .sentByHost : .arriving)
    }

    var counters: String {
        rules.countersText(family == .ipv4 ? firewall.ipv4.counters : firewall.ipv6.counters)
    }

    static var now: Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(nanoseconds: Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec))
    }
}
