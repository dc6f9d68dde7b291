import Packets
public import RuleModel

/// `-m ipvs` (extensions/libxt_ipvs.c; net/netfilter/xt_ipvs.c): the connections of the IP Virtual Server. Every other test
/// holds only for a packet of such a connection, negated or not.
public struct IPVSMatch: Match {
    public static let schema = ExtensionSchema(
        "ipvs",
        options: [
            OptionSpec("--ipvs", argument: .none, negatable: true),
            OptionSpec("--vproto", negatable: true), OptionSpec("--vaddr", negatable: true),
            OptionSpec("--vport", negatable: true), OptionSpec("--vdir"),
            OptionSpec("--vmethod", negatable: true), OptionSpec("--vportctl", negatable: true),
        ])

    /// One test as it is printed, in the order of `ipvs_mt_dump`.
    private struct Test: Hashable, Sendable {
        var option: String
        var value: String
        var isNegated: Bool
    }

    private var tests: [Test] = []
    /// Whether `--ipvs` stands alone, and is negated.
    private var isNegated = false

    public init?(_ reader: inout OptionReader) {
        if reader.options.isEmpty { reader.error("ipvs needs at least one option", at: reader.nameRange) }
        for spec in IPVSMatch.schema.options {
            guard let option = reader.option(spec.name), let argument = option.arguments.first else {
                continue
            }
            guard let value = IPVSMatch.value(option.name, argument, &reader) else { continue }
            tests.append(Test(option: option.name, value: value, isNegated: option.isNegated))
        }
        if let option = reader.option("--ipvs"), option.isNegated {
            isNegated = true
            if reader.options.count > 1 {
                reader.error("! --ipvs can't be together with other options", at: option.range)
            }
        }
        if reader.hasErrors { return nil }
    }

    private static func value(_ option: String, _ argument: Argument, _ reader: inout OptionReader) -> String?
    {
        func word(among words: [String]) -> String? {
            if words.contains(argument.text.uppercased()) { return argument.text.uppercased() }
            reader.error("\(option) takes \(words.joined(separator: ", "))", at: argument.range)
            return nil
        }
        switch option {
        case "--vproto": return reader.transportProtocol(argument).map { "\($0.rawValue)" }
        case "--vdir": return word(among: ["ORIGINAL", "REPLY"])
        case "--vmethod": return word(among: ["GATE", "IPIP", "MASQ"])
        case "--vaddr":
            let family = reader.context.family
            guard let (address, mask) = reader.addressAndMask(argument) else { return nil }
            return savedAddress(address, mask: mask, family)
        default: return reader.port(argument, .any).map { "\($0)" }
        }
    }

    public var condition: Condition {
        func fact(_ summary: String) -> Condition { .fact(FactTest(fact: "ipvs", summary: summary)) }
        let ipvs = fact("of an IPVS connection")
        let words = [
            "--vproto": "protocol", "--vaddr": "virtual address", "--vport": "virtual port",
            "--vdir": "direction", "--vmethod": "forwarding method",
            "--vportctl": "controlling connection's port",
        ]
        return .all(
            [ipvs.negated(if: isNegated)]
                + tests.map { fact("IPVS \(words[$0.option] ?? "") \($0.value)").negated(if: $0.isNegated) })
    }

    public var savedWords: [String] {
        if tests.isEmpty { return savedOption("--ipvs", isNegated: isNegated) }
        return tests.flatMap { savedOption($0.option, $0.value, isNegated: $0.isNegated) }
    }
}
