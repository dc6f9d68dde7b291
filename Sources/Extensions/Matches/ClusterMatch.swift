import Packets
public import RuleModel

/// `-m cluster` (extensions/libxt_cluster.c; net/netfilter/xt_cluster.c). Without a connection it fails, negated or not.
///
/// That the kernel's match takes a unicast packet in a multicast frame for one to this host is not simulated.
public struct ClusterMatch: Match {
    public static let schema = ExtensionSchema(
        "cluster",
        options: [
            OptionSpec("--cluster-total-nodes", required: true),
            OptionSpec("--cluster-local-node", negatable: true),
            OptionSpec("--cluster-local-nodemask", negatable: true),
            OptionSpec("--cluster-hash-seed", required: true),
        ])

    private static let mostNodes: UInt64 = 32

    private let nodes: UInt32
    /// One bit a node, from bit 0.
    private let mask: UInt32
    private let seed: UInt32
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let total = ClusterMatch.number("--cluster-total-nodes", 1...ClusterMatch.mostNodes, &reader),
            let seed = ClusterMatch.number("--cluster-hash-seed", 0...UInt64(UInt32.max), &reader),
            let local = reader.exactlyOne(of: ["--cluster-local-node", "--cluster-local-nodemask"]),
            let number = ClusterMatch.number(local.name, 1...ClusterMatch.mostNodes, &reader)
        else { return nil }
        let mask: UInt32 = local.name == "--cluster-local-node" ? 1 << (number - 1) : number
        guard UInt64(mask) < 1 << UInt64(total) else {
            reader.error("\(local.name) names a node behind the last of \(total)", at: local.range)
            return nil
        }
        (nodes, self.mask, self.seed, isNegated) = (total, mask, seed, local.isNegated)
    }

    private static func number(
        _ name: String, _ range: ClosedRange<UInt64>, _ reader: inout OptionReader
    ) -> UInt32? {
        guard let option = reader.option(name) else { return nil }
        return reader.number(option.arguments[0], in: range, what: name).map(UInt32.init)
    }

    public var condition: Condition {
        let (nodes, mask, seed) = (nodes, mask, seed)
        let hexMask = savedHexadecimal(mask)
        let summary = "cluster node in \(hexMask) of \(nodes) by seed \(savedHexadecimal(seed))"
        let test = PacketTest(summary: summary) { context, _ in
            // A helper's connection goes to the node of the connection that it belongs to.
            let flow = context.flow
            let source = flow.status.contains(.expected) ? flow.masterSource : flow.original.source
            let hash = ClusterMatch.hash(source, flow.original.family, seed: seed)
            // `reciprocal_scale`
            let node = UInt32(truncatingIfNeeded: (UInt64(hash) * UInt64(nodes)) >> 32)
            return TestAnswer(mask >> node & 1 == 1)
        }
        return .all([.hasConnection, Condition.packet(test).negated(if: isNegated)])
    }

    /// `xt_cluster_hash`: of the original source, as a little-endian machine loads it.
    private static func hash(_ source: UInt128, _ family: AddressFamily, seed: UInt32) -> UInt32 {
        func word(_ index: Int) -> UInt32 {
            UInt32(truncatingIfNeeded: source >> UInt128(96 - 32 * index)).byteSwapped
        }
        if family == .ipv4 { return JenkinsHash.hash(word(3), initial: seed) }
        return JenkinsHash.hash([word(0), word(1), word(2), word(3)], initial: seed)
    }

    /// In the order of `cluster_save`.
    public var savedWords: [String] {
        func padded(_ number: UInt32) -> String {
            let digits = String(number, radix: 16)
            return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
        }
        return savedOption("--cluster-local-nodemask", padded(mask), isNegated: isNegated)
            + savedOption("--cluster-total-nodes", "\(nodes)")
            + savedOption("--cluster-hash-seed", padded(seed))
    }
}
