import Foundation
import KernelOracle
import Packets
import RuleModel
import TestSupport
import Testing

/// Random rules and random traffic through the kernel and through the simulation.
///
/// `GATEHOUSE_KERNEL_CASES` is how many cases are tried for each family (120), `GATEHOUSE_KERNEL_SEED` the first,
/// `GATEHOUSE_KERNEL_BACKEND` which iptables loads the rules (`legacy`, `nft`), `GATEHOUSE_KERNEL_FAULTS` behind how many
/// disagreements it ends (3), `GATEHOUSE_KERNEL_TABLE` the file of the table that it adds its figures to.
@Suite(.serialized) struct DifferentialTests {
    private static func setting(_ name: String) -> String? {
        ProcessInfo.processInfo.environment["GATEHOUSE_KERNEL_" + name]
    }
    private static func number(_ name: String) -> Int? { setting(name).flatMap(Int.init) }

    @Test(
        .enabled(if: KernelBench.canAsk, "needs root, iptables, ipset, nft and conntrack"),
        arguments: [AddressFamily.ipv4, .ipv6])
    func theKernelAgrees(_ family: AddressFamily) throws {
        let first = Self.number("SEED") ?? 0
        let count = Self.number("CASES") ?? 120
        let backend = Self.setting("BACKEND").flatMap(RuleBackend.init) ?? .legacy
        var table = Self.setting("TABLE").map { ConformanceTable($0) }
        var faults = Self.number("FAULTS") ?? 3
        var bench = try KernelBench(RandomCase(seed: UInt64(first), family: family, backend: backend))
        defer { bench.end() }
        for seed in first..<first + count where faults > 0 {
            if bench.isWornOut {
                bench.end()
                bench = try KernelBench(RandomCase(seed: UInt64(first), family: family, backend: backend))
            }
            do {
                let test = try RandomCase(seed: UInt64(seed), family: family, backend: backend)
                let outcome = try bench.outcome(of: test)
                guard let found = outcome.disagreement else {
                    table?.add(test, counters: outcome.counters, smallest: nil)
                    continue
                }
                faults -= 1
                var shrinker = CaseShrinker(test, found)
                // A case with fewer rules may be one that can't be loaded.
                shrinker.shrink { (try? bench.outcome(of: $0))?.disagreement }
                table?.add(test, counters: outcome.counters, smallest: shrinker.smallest)
                Issue.record("\(family) \(seed)\n\(shrinker.text)")
            } catch {
                faults -= 1
                Issue.record("\(family) \(seed)\n\(error)")
            }
        }
        try table?.write()
    }
}
