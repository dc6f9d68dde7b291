import AddressSets
import Conntrack
import Diagnostics
import Engine
import Extensions
import Foundation
import KernelOracle
import Packets
import Reports
import RuleModel

/// What was seen of a case.
struct MeasuredRun {
    /// For each packet, the lines that say what happened to it.
    var outcomes: [[String]] = []
    /// As `iptables-save -c` prints them.
    var saved = ""
    /// Sorted.
    var connections: [String] = []

    /// A case in the simulator.
    static func simulate(_ measured: Measurement.Case, _ backend: RuleBackend) throws -> MeasuredRun {
        var host = try MeasuredHost(measured)
        let rules = try compile(measured, backend, &host.interfaces)
        let isIPv4 = measured.family == .ipv4
        var firewall = Firewall(
            host: host.simulated, ipv4: isIPv4 ? rules : nil, ipv6: isIPv4 ? nil : rules,
            conntrack: host.conntrack, fragments: host.fragments, answerLimits: host.answerLimits,
            checksums: .verify)
        firewall.admit(host.interfaces)
        firewall.keepsOutcome = true
        var run = MeasuredRun()
        var sent: [[UInt8]] = []
        var now: Int64 = 1_700_000_000_000_000_000
        for step in measured.steps {
            now += step.wait == 0 ? 1_000_000 : Int64(step.wait * 1e9)
            let described = try MeasuredPacket(step.words, after: sent)
            sent.append(described.bytes)
            run.outcomes.append(
                process(step, described, measured.family, Timestamp(nanoseconds: now), host, &firewall))
        }
        run.saved = rules.countersText(isIPv4 ? firewall.ipv4.counters : firewall.ipv6.counters)
        let listing = ConnectionLines.text(of: firewall.connections, at: Timestamp(nanoseconds: now))
        run.connections = connections(listing)
        return run
    }

    private static func process(
        _ step: Measurement.Step, _ described: MeasuredPacket, _ family: AddressFamily, _ now: Timestamp,
        _ host: MeasuredHost, _ firewall: inout Firewall
    ) -> [String] {
        var packet = Packet(family: family)
        let fault = PacketDecoder(checksAddressScope: step.interface != nil).decode(
            described.bytes.span.bytes, family: family, networkOffset: 0,
            originalLength: described.bytes.count, into: &packet)
        guard fault == nil else { return ["= not taken"] }
        var metadata = PacketMetadata(timestamp: now)
        if let group = described.group {
            metadata.packetType =
                group == .broadcast ? .broadcast : group.isMulticast ? .multicast : .otherHost
        }
        if let name = step.interface { metadata.inInterface = host.interfaces.lookUp(name) ?? .none }
        let result = firewall.process(
            &packet, &metadata, bytes: described.bytes.span.bytes,
            origin: step.interface == nil ? .sentByHost : .arriving)
        return MeasuredOutcome(step, sent: described.bytes)
            .lines(result, firewall.outcome, firewall.answer, host.interfaces)
    }

    /// A case in the kernel.
    static func measure(_ measured: Measurement.Case, _ backend: RuleBackend) throws -> MeasuredRun {
        var host = try MeasuredHost(measured)
        let tracks = try compile(measured, backend, &host.interfaces).needsConntrack
        let isIPv4 = measured.family == .ipv4
        let rules = KernelRules(
            ipv4: isIPv4 ? measured.text : nil, ipv6: isIPv4 ? nil : measured.text,
            sets: measured.sets.isEmpty ? nil : measured.sets, backend: backend)
        do throws(KernelFailure) {
            let kernel = try KernelReplay(
                host.kernel, rules, tracksIPv4: isIPv4 && tracks, tracksIPv6: !isIPv4 && tracks)
            defer { kernel.end() }
            return try measure(measured, kernel)
        } catch {
            throw Measurement.Failure(text: "\(measured.name): \(error.message)")
        }
    }

    private static func measure(
        _ measured: Measurement.Case, _ kernel: KernelReplay
    ) throws(KernelFailure) -> MeasuredRun {
        var run = MeasuredRun()
        var sent: [[UInt8]] = []
        for step in measured.steps {
            if step.wait > 0 { Thread.sleep(forTimeInterval: step.wait) }
            guard let described = try? MeasuredPacket(step.words, after: sent) else {
                throw KernelFailure("line \(step.line): no packet")
            }
            sent.append(described.bytes)
            let observed: KernelObservation
            if let interface = step.interface {
                observed = try kernel.arrive(
                    described.bytes, family: measured.family, on: interface, from: nil,
                    group: described.group)
            } else {
                observed = try kernel.send(described.bytes, family: measured.family)
            }
            run.outcomes.append(MeasuredOutcome(step, sent: described.bytes).lines(observed))
        }
        run.saved = try kernel.savedRules(measured.family)
        run.connections = connections(try kernel.connections(measured.family))
        return run
    }

    private static func compile(
        _ measured: Measurement.Case, _ backend: RuleBackend, _ interfaces: inout InterfaceTable
    ) throws -> CompiledRules {
        let (ruleSet, diagnostics) = RuleSetBuilder(
            catalogue: .standard, family: measured.family, sets: sets(measured.sets), backend: backend
        )
        .build(SourceFile(name: measured.name, text: measured.text))
        guard let ruleSet else {
            throw Measurement.Failure(text: "\(measured.name): \(diagnostics.map(\.message))")
        }
        return RuleCompiler.compile(ruleSet, interfaces: &interfaces)
    }

    private static func sets(_ text: String) -> SetCatalogue? {
        text.isEmpty ? nil : SetFileReader(SourceFile(name: "sets", text: text)).read().catalogue
    }

    /// The lines of `conntrack -L -o extended` without times, and what the kernel keeps for itself.
    private static func connections(_ text: String) -> [String] {
        text.split(separator: "\n").map { line in
            var words = line.split(separator: " ").map(String.init)
            words.removeSubrange(4..<5)
            return words.filter { !$0.hasPrefix("use=") && $0 != "mark=0" && !$0.hasPrefix("secctx") }
                .joined(separator: " ")
        }.sorted()
    }
}
