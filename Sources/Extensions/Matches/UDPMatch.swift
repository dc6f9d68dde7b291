import Packets
public import RuleModel

/// `-m udp` (extensions/libxt_udp.c; `udp_mt` in net/netfilter/xt_tcpudp.c).
public struct UDPMatch: Match {
    public static let schema = ExtensionSchema(
        "udp", protocols: [.udp],
        options: [
            OptionSpec("--source-port", aliases: ["--sport"], negatable: true),
            OptionSpec("--destination-port", aliases: ["--dport"], negatable: true),
        ])

    private var source = PortTest()
    private var destination = PortTest()

    public init?(_ reader: inout OptionReader) {
        if let option = reader.option("--source-port") {
            guard let (low, high) = reader.portRange(option.arguments[0], .any) else { return nil }
            source = PortTest(low: low, high: high, isNegated: option.isNegated)
        }
        if let option = reader.option("--destination-port") {
            guard let (low, high) = reader.portRange(option.arguments[0], .any) else { return nil }
            destination = PortTest(low: low, high: high, isNegated: option.isNegated)
        }
    }

    public var condition: Condition {
        .all([.header(.udp)] + source.conditions(.sourcePort) + destination.conditions(.destinationPort))
    }

    /// `add_nft_udp`: without a test, it stays what it is.
    public var nftCondition: Condition {
        guard source.isTest || destination.isTest else { return condition }
        return .all(
            NativeHeaderTest.port(source, .sourcePort, at: 0)
                + NativeHeaderTest.port(destination, .destinationPort, at: 2))
    }

    public var savedWords: [String] { source.savedWords("--sport") + destination.savedWords("--dport") }
}
