import Conntrack
import Engine
import Glibc
import KernelOracle
import Packets
import Reports

/// Cases in the kernel and simulated.
final class KernelBench {
    private let kernel: KernelReplay
    private let family: AddressFamily
    private var run: UInt32 = 0
    /// Sets that the rules before the present ones named.
    private var oldSets: [String] = []

    struct Failure: Error { var text: String }

    struct Disagreement {
        /// The packet behind which it showed, from 0; nil if only at the end.
        var packet: Int?
        var text: String
    }

    /// What a case came to.
    struct Outcome {
        var disagreement: Disagreement?
        /// `iptables-save -c` of the kernel.
        var counters = ""
    }

    /// Whether this machine lets us make namespaces and load rules.
    static let canAsk =
        geteuid() == 0
        && ["iptables-legacy-restore", "conntrack", "nft", "ip", "ipset"].allSatisfy { (name: String) in
            access("/usr/sbin/" + name, X_OK) == 0
        }

    /// - Parameter first: a case whose rules are the first to be loaded.
    init(_ first: RandomCase) throws {
        family = first.family
        do throws(KernelFailure) {
            kernel = try KernelReplay(
                KernelHost(
                    BenchHost.host, BenchHost.interfaces,
                    // No fragment's time runs out while we look.
                    settings: [
                        ("net.ipv4.ipfrag_time", "3600"), ("net.ipv6.ip6frag_time", "3600"),
                        ("net.netfilter.nf_conntrack_frag6_timeout", "3600"),
                        ("net.netfilter.nf_conntrack_acct", "1"),
                    ]), KernelBench.rules(first, run: 0), tracksIPv4: family == .ipv4,
                tracksIPv6: family == .ipv6)
        } catch {
            throw Failure(text: error.message)
        }
        oldSets = first.setNames(run: 0)
    }

    func end() { kernel.end() }

    /// After so many runs, fragments that were left behind might meet new ones.
    var isWornOut: Bool { run >= 400 }

    private static func rules(_ test: RandomCase, run: UInt32) -> KernelRules {
        let texts = test.texts(run: run)
        return KernelRules(
            ipv4: test.family == .ipv4 ? texts.rules : nil, ipv6: test.family == .ipv6 ? texts.rules : nil,
            sets: texts.sets.isEmpty ? nil : texts.sets, backend: test.backend)
    }

    /// What the two disagree about.
    func outcome(of test: RandomCase) throws -> Outcome {
        run += 1
        var simulation = try SimulatedBench(test, run: run)
        do throws(KernelFailure) {
            try kernel.replaceRules(KernelBench.rules(test, run: run), droppingSets: oldSets)
            oldSets = test.setNames(run: run)
        } catch {
            throw Failure(text: error.message + "\n" + test.sets + test.rules)
        }
        for (number, item) in test.packets.enumerated() {
            if let found = try compare(item, &simulation) {
                return Outcome(disagreement: Disagreement(packet: number, text: found))
            }
        }
        return try compareTables(simulation)
    }

    private func compare(_ item: TrafficItem, _ simulation: inout SimulatedBench) throws -> String? {
        guard let traversal = simulation.send(item, run: run) else { return nil }
        let bytes = item.bytes(run: run)
        let observed: KernelObservation
        do throws(KernelFailure) {
            if let interface = item.interface {
                observed = try kernel.arrive(
                    bytes, family: family, on: interface, from: item.source, group: item.group)
            } else {
                observed = try kernel.send(bytes, family: family)
            }
        } catch {
            throw Failure(text: error.message)
        }
        let comparison = PacketComparison(
            traversal, outcome: simulation.firewall.outcome, answer: simulation.firewall.answer, observed,
            simulation.interfaces, tracks: simulation.rules.needsConntrack)
        guard !comparison.differences.isEmpty else { return nil }
        return comparison.differences.map { "  \($0.what): simulated \($0.simulated), kernel \($0.kernel)" }
            .joined(separator: "\n")
    }

    /// Every counter and every connection.
    private func compareTables(_ simulation: borrowing SimulatedBench) throws -> Outcome {
        let saved: String
        let listed: String
        do throws(KernelFailure) {
            saved = try kernel.savedRules(family)
            listed = try kernel.connections(family)
        } catch {
            throw Failure(text: error.message)
        }
        let now = SimulatedBench.now
        let counters = CounterComparison(simulated: simulation.counters, kernel: saved)
        let connections = ConnectionComparison(
            simulated: ConnectionLines.text(of: simulation.firewall.connections, at: now),
            drawn: simulation.firewall.connections.drawnConnections(at: now), kernel: listed)
        var lines = counters.differences.map {
            "  \($0.place): simulated \($0.simulated), kernel \($0.kernel): \($0.rule)"
        }
        for difference in connections.differences {
            lines.append("  connection simulated \(difference.simulated ?? "none")")
            lines.append("             kernel    \(difference.kernel ?? "none")")
        }
        var outcome = Outcome(counters: saved)
        if !lines.isEmpty { outcome.disagreement = Disagreement(text: lines.joined(separator: "\n")) }
        return outcome
    }
}
