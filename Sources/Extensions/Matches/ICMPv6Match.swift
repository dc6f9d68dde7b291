import Packets
public import RuleModel

/// `-m icmp6` (extensions/libip6t_icmp6.c; `icmp6_match` in net/netfilter/xt_tcpudp.c).
public struct ICMPv6Match: Match {
    public static let schema = ExtensionSchema(
        "icmp6", families: [.ipv6], protocols: [.icmpv6],
        options: [OptionSpec("--icmpv6-type", negatable: true, required: true)])

    private let test: ICMPTypeTest

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--icmpv6-type"), let test = ICMPTypeTest(option, &reader) else {
            return nil
        }
        self.test = test
    }

    public var condition: Condition { .all([.header(.icmp), test.condition]) }

    public var savedWords: [String] {
        savedOption("--icmpv6-type", test.savedWord, isNegated: test.isNegated)
    }
}
