import Packets
public import RuleModel

/// `-m dst` of ip6tables.
public struct DestinationOptionsMatch: Match {
    public static let schema = ExtensionSchema(
        "dst", families: [.ipv6], options: ExtensionOptionsTest.options("dst"))

    private let test: ExtensionOptionsTest

    public init?(_ reader: inout OptionReader) {
        guard let test = ExtensionOptionsTest("dst", &reader) else { return nil }
        self.test = test
    }

    public var condition: Condition {
        test.condition(ExtensionHeader.destinationOptions, name: "destination options")
    }
    public var savedWords: [String] { test.savedWords }
}
