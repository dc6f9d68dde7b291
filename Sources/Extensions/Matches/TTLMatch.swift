import Packets
public import RuleModel

/// `-m ttl` (extensions/libipt_ttl.c; net/netfilter/xt_hl.c).
public struct TTLMatch: Match {
    public static let schema = ExtensionSchema(
        "ttl", families: [.ipv4], options: HopLimitTest.options("--ttl"))

    private let test: HopLimitTest

    public init?(_ reader: inout OptionReader) {
        guard let test = HopLimitTest("--ttl", &reader) else { return nil }
        self.test = test
    }

    public var condition: Condition { test.condition }
    public var savedWords: [String] { test.savedWords("--ttl") }
}
