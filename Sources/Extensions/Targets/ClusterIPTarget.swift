import Packets
public import RuleModel

/// `-j CLUSTERIP` (extensions/libipt_CLUSTERIP.c; net/ipv4/netfilter/ipt_CLUSTERIP.c): machines that share an address drop what
/// isn't theirs. Linux 6.3 lost it.
public struct ClusterIPTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "CLUSTERIP", families: [.ipv4],
        options: [
            OptionSpec("--new", argument: .none), OptionSpec("--hashmode"), OptionSpec("--clustermac"),
            OptionSpec("--total-nodes"), OptionSpec("--local-node"), OptionSpec("--hash-init"),
        ])

    private static let modes = ["sourceip", "sourceip-sourceport", "sourceip-sourceport-destport"]
    private static let mandatory = ["--new", "--hashmode", "--clustermac", "--total-nodes", "--local-node"]

    private struct Cluster: Sendable {
        let mode: String
        let address: MACAddress
        let nodes: UInt64
        let node: UInt64
        let seed: UInt64
    }

    /// Nil for a rule that takes part in a cluster which another one made.
    private var cluster: Cluster?

    public init?(_ reader: inout OptionReader) {
        guard !reader.options.isEmpty else { return }
        for name in ClusterIPTarget.mandatory where reader.option(name) == nil {
            reader.error("a new cluster needs \(name)", at: reader.nameRange)
            return nil
        }
        guard let mode = reader.option("--hashmode")?.arguments[0],
            let address = reader.option("--clustermac")?.arguments[0],
            let nodes = reader.number(of: "--total-nodes", in: 0...16),
            let node = reader.number(of: "--local-node", in: 0...16)
        else { return nil }
        guard ClusterIPTarget.modes.contains(mode.text) else {
            reader.error(
                "unknown way to hash; there is \(ClusterIPTarget.modes.joined(separator: ", "))",
                at: mode.range)
            return nil
        }
        guard let mac = MACAddress(address.text), mac.isMulticast else {
            reader.error(
                "a cluster's MAC address is a multicast one, as 01:00:5e:00:00:20", at: address.range)
            return nil
        }
        let seed = reader.number(of: "--hash-init", in: 0...UInt64(UInt32.max)) ?? 0
        if reader.hasErrors { return nil }
        cluster = Cluster(mode: mode.text, address: mac, nodes: nodes, node: node, seed: seed)
    }

    public func objection(to header: RuleHeader, _ matches: [any Match]) -> String? {
        guard cluster != nil else { return nil }
        guard let destination = header.destination, !destination.isNegated,
            destination.value.mask == AddressFamily.ipv4.allOnes, destination.value.value != 0
        else { return "a new cluster needs the address that its machines share: -d ADDRESS" }
        return header.inInterface == nil ? "a new cluster needs the interface of its address: -i NAME" : nil
    }

    public var action: Action {
        .connection(.aside(AsideEffect(summary: "drop what another machine of the cluster answers")))
    }

    public var savedWords: [String] {
        guard let cluster else { return [] }
        return ["--new"] + savedOption("--hashmode", cluster.mode)
            + savedOption("--clustermac", "\(cluster.address)".uppercased())
            + savedOption("--total-nodes", "\(cluster.nodes)")
            + savedOption("--local-node", "\(cluster.node)") + savedOption("--hash-init", "\(cluster.seed)")
    }
}
