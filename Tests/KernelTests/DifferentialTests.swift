import Foundation
import KernelOracle
import Packets
import TestSupport
import Testing

/// Random rules and random traffic through the kernel and through the simulation.
///
/// `GATEHOUSE_KERNEL_CASES` is how many cases are tried for each family (120), `GATEHOUSE_KERNEL_SEED` the first,
/// `GATEHOUSE_KERNEL_BACKEND` which iptables loads the rules (`legacy`, `nft`).
@Suite(.serialized) struct DifferentialTests {
    private static func setting(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init)
    }

    private static let backend =
        ProcessInfo.processInfo.environment["GATEHOUSE_KERNEL_BACKEND"].flatMap(RuleBackend.init) ?? .legacy

    @Test(
        .enabled(if: KernelBench.canAsk, "needs root, iptables, nft and conntrack"),
        arguments: [AddressFamily.ipv4, .ipv6])
    func theKernelAgrees(_ family: AddressFamily) throws {
        let first = DifferentialTests.setting("GATEHOUSE_KERNEL_SEED") ?? 0
        let count = DifferentialTests.setting("GATEHOUSE_KERNEL_CASES") ?? 120
        var rules = RandomRuleText(random: SeededGenerator(seed: UInt64(first)), family: family)
        let bench = try KernelBench(family, backend: DifferentialTests.backend, rules: rules.text())
        defer { bench.end() }
        for seed in first..<first + count {
            rules = RandomRuleText(random: SeededGenerator(seed: UInt64(seed)), family: family)
            var traffic = RandomTraffic(
                random: SeededGenerator(seed: UInt64(seed) &* 31 &+ 7), family: family,
                firstIdentification: UInt32(truncatingIfNeeded: seed &* 64))
            let text = rules.text()
            let found = try bench.disagreement(text, (0..<30).map { _ in traffic.next() })
            if let found { Issue.record("\(family) \(seed)\n\(found)\n\(text)") }
        }
    }
}
