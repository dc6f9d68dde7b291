import Packets
public import RuleModel

/// `-m icmp` (extensions/libipt_icmp.c; `icmp_match` in net/netfilter/xt_tcpudp.c).
public struct ICMPMatch: Match {
    public static let schema = ExtensionSchema(
        "icmp", families: [.ipv4], protocols: [.icmp],
        options: [OptionSpec("--icmp-type", negatable: true, required: true)])

    private let test: ICMPTypeTest

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--icmp-type"), let test = ICMPTypeTest(option, &reader) else {
            return nil
        }
        self.test = test
    }

    /// Type 255 stands for every type.
    private var isAny: Bool { test.type == 255 }

    public var condition: Condition {
        if isAny { return .all([.header(.icmp), Condition.always.negated(if: test.isNegated)]) }
        return .all([.header(.icmp), test.condition])
    }

    public var savedWords: [String] {
        savedOption("--icmp-type", isAny ? "any" : test.savedWord, isNegated: test.isNegated)
    }
}
