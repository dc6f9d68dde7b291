import Packets
public import RuleModel

/// `-m ecn` (extensions/libxt_ecn.c; net/netfilter/xt_ecn.c). Unlike the kernel it doesn't take the payload of a later
/// fragment for a TCP header.
public struct ECNMatch: Match {
    public static let schema = ExtensionSchema(
        "ecn",
        options: [
            OptionSpec("--ecn-tcp-cwr", argument: .none, negatable: true),
            OptionSpec("--ecn-tcp-ece", argument: .none, negatable: true),
            OptionSpec("--ecn-ip-ect", negatable: true),
        ])

    /// CWR and ECE in TCP's flags.
    private static let bits: [(option: String, bit: UInt32)] = [
        ("--ecn-tcp-ece", 0x40), ("--ecn-tcp-cwr", 0x80),
    ]

    /// Whether the flag of `bits` is to be set; nil where nobody asks.
    private var flags: [Bool?]
    private var codepoint: Negatable<UInt32>?

    public init?(_ reader: inout OptionReader) {
        flags = ECNMatch.bits.map { name, _ in reader.option(name).map { !$0.isNegated } }
        if let option = reader.option("--ecn-ip-ect") {
            guard let number = reader.number(option.arguments[0], in: 0...3, what: "an ECN codepoint") else {
                return nil
            }
            codepoint = Negatable(UInt32(number), isNegated: option.isNegated)
        }
        guard !reader.options.isEmpty else {
            reader.error("ecn needs at least one option", at: reader.nameRange)
            return nil
        }
        for (name, _) in ECNMatch.bits {
            if let option = reader.option(name), reader.context.transportProtocol != Negatable(.tcp) {
                reader.needsProtocol(name, "-p tcp", at: option.range)
                return nil
            }
        }
    }

    public var condition: Condition {
        var parts: [Condition] = []
        if let codepoint {
            parts.append(
                Condition.bits(.trafficClass, mask: 3, value: codepoint.value).negated(
                    if: codepoint.isNegated))
        }
        // A packet without the flags fails, even where they are to be unset.
        for ((_, bit), isSet) in zip(ECNMatch.bits, flags) {
            if let isSet { parts.append(.bits(.tcpFlags, mask: bit, value: isSet ? bit : 0)) }
        }
        return .all(parts)
    }

    public var savedWords: [String] {
        var words: [String] = []
        for ((name, _), isSet) in zip(ECNMatch.bits, flags) {
            if let isSet { words += isSet ? [name] : ["!", name] }
        }
        if let codepoint {
            words += savedOption("--ecn-ip-ect", "\(codepoint.value)", isNegated: codepoint.isNegated)
        }
        return words
    }
}
