import Packets
public import RuleModel

/// `-m realm` of iptables (extensions/libxt_realm.c; net/netfilter/xt_realm.c): the realm of the packet's route.
public struct RealmMatch: Match {
    public static let schema = ExtensionSchema(
        "realm", evaluation: .needs("realm"), families: [.ipv4],
        hooks: [.input, .forward, .output, .postrouting],
        options: [OptionSpec("--realm", negatable: true, required: true)])

    private let test: NamedNumberTest

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--realm"),
            let test = NamedNumberTest(option, zeroName: "cosmos", what: "a realm", &reader)
        else { return nil }
        self.test = test
    }

    public var condition: Condition {
        Condition.fact(FactTest(fact: "realm", summary: "realm \(test.savedWord)")).negated(
            if: test.isNegated)
    }

    public var savedWords: [String] { savedOption("--realm", test.savedWord, isNegated: test.isNegated) }
}
