import Packets
public import RuleModel

/// `-m hbh` of ip6tables.
public struct HopByHopMatch: Match {
    public static let schema = ExtensionSchema(
        "hbh", families: [.ipv6], options: ExtensionOptionsTest.options("hbh"))

    private let test: ExtensionOptionsTest

    public init?(_ reader: inout OptionReader) {
        guard let test = ExtensionOptionsTest("hbh", &reader) else { return nil }
        self.test = test
    }

    public var condition: Condition { test.condition(ExtensionHeader.hopByHop, name: "hop-by-hop options") }
    public var savedWords: [String] { test.savedWords }
}
