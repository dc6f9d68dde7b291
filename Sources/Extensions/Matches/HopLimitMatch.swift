import Packets
public import RuleModel

/// `-m hl` (extensions/libip6t_hl.c; net/netfilter/xt_hl.c).
public struct HopLimitMatch: Match {
    public static let schema = ExtensionSchema("hl", families: [.ipv6], options: HopLimitTest.options("--hl"))

    private let test: HopLimitTest

    public init?(_ reader: inout OptionReader) {
        guard let test = HopLimitTest("--hl", &reader) else { return nil }
        self.test = test
    }

    public var condition: Condition { test.condition }
    public var savedWords: [String] { test.savedWords("--hl") }
}
