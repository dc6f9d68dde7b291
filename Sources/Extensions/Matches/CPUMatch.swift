public import RuleModel

/// `-m cpu` (extensions/libxt_cpu.c; net/netfilter/xt_cpu.c): which processor handles the packet.
public struct CPUMatch: Match {
    public static let schema = ExtensionSchema(
        "cpu", options: [OptionSpec("--cpu", negatable: true, required: true)])

    private let number: UInt64
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--cpu"),
            let number = reader.number(
                option.arguments[0], in: 0...UInt64(UInt32.max), what: "a processor's number")
        else { return nil }
        self.number = number
        isNegated = option.isNegated
    }

    public var condition: Condition {
        Condition.fact(FactTest(fact: "cpu", summary: "handled by CPU \(number)")).negated(if: isNegated)
    }

    public var savedWords: [String] { savedOption("--cpu", "\(number)", isNegated: isNegated) }
}
