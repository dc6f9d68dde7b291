import Packets
public import RuleModel

/// `-m sctp` (extensions/libxt_sctp.c; net/netfilter/xt_sctp.c).
public struct SCTPMatch: Match {
    public static let schema = ExtensionSchema(
        "sctp", protocols: [.sctp],
        options: [
            OptionSpec("--source-port", aliases: ["--sport"], negatable: true),
            OptionSpec("--destination-port", aliases: ["--dport"], negatable: true),
            OptionSpec("--chunk-types", argument: .two, negatable: true),
        ])

    private var source: PortTest?
    private var destination: PortTest?
    private var chunks: Negatable<SCTPChunkTest>?

    public init?(_ reader: inout OptionReader) {
        source = SCTPMatch.ports("--source-port", &reader)
        destination = SCTPMatch.ports("--destination-port", &reader)
        if let option = reader.option("--chunk-types") {
            chunks = SCTPChunkTest(option, &reader).map { Negatable($0, isNegated: option.isNegated) }
        }
        if reader.hasErrors { return nil }
    }

    private static func ports(_ name: String, _ reader: inout OptionReader) -> PortTest? {
        guard let option = reader.option(name),
            let (low, high) = reader.portRange(option.arguments[0], .ofProtocol(.sctp))
        else { return nil }
        guard low <= high else {
            reader.error(
                "the first port of a range must not be greater than the second", at: option.arguments[0].range
            )
            return nil
        }
        return PortTest(low: low, high: high, isNegated: option.isNegated)
    }

    public var condition: Condition {
        var parts: [Condition] = [.upperHeader("SCTP", length: 12)]
        parts += source?.conditions(.sourcePort) ?? []
        parts += destination?.conditions(.destinationPort) ?? []
        if let chunks { parts.append(chunks.value.condition.negated(if: chunks.isNegated)) }
        return .all(parts)
    }

    public var savedWords: [String] {
        var words: [String] = []
        for (name, test) in [("--sport", source), ("--dport", destination)] {
            guard let test else { continue }
            words += savedOption(name, savedRange(test.low, test.high), isNegated: test.isNegated)
        }
        if let chunks {
            words += savedOption("--chunk-types", isNegated: chunks.isNegated) + chunks.value.savedWords
        }
        return words
    }
}
