public import RuleModel

/// `-m state`, which the kernel runs as `conntrack` (extensions/libxt_conntrack.c; net/netfilter/xt_conntrack.c).
public struct StateMatch: Match {
    public static let schema = ExtensionSchema(
        "state", options: [OptionSpec("--state", negatable: true, required: true)])

    private let test: ConnectionStateTest

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--state"),
            let test = ConnectionStateTest(option, virtualStates: false, &reader)
        else { return nil }
        self.test = test
    }

    public var condition: Condition { test.condition }
    public var savedWords: [String] { savedOption("--state", test.savedWord, isNegated: test.isNegated) }
}
