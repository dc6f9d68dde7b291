import Packets
public import RuleModel

/// `-m iprange`, revision 1 (extensions/libxt_iprange.c; net/netfilter/xt_iprange.c).
public struct IPRangeMatch: Match {
    public static let schema = ExtensionSchema(
        "iprange",
        options: [OptionSpec("--src-range", negatable: true), OptionSpec("--dst-range", negatable: true)])

    private struct Range: Sendable {
        var low: UInt128
        var high: UInt128
        var isNegated: Bool

        init?(_ option: ParsedOption, _ reader: inout OptionReader) {
            guard let (low, high) = reader.addressRange(option.arguments[0]) else { return nil }
            self.low = low
            self.high = high
            isNegated = option.isNegated
        }

        func condition(_ field: AddressField) -> Condition {
            (low <= high ? Condition.addressRange(field, low...high) : .any([])).negated(if: isNegated)
        }

        func savedWords(_ option: String, _ family: AddressFamily) -> [String] {
            let ends = [low, high].map { IPAddress(family: family, bits: $0).description }
            return savedOption(option, ends.joined(separator: "-"), isNegated: isNegated)
        }
    }

    private let family: AddressFamily
    private var source: Range?
    private var destination: Range?

    public init?(_ reader: inout OptionReader) {
        family = reader.context.family
        if reader.options.isEmpty {
            reader.error("iprange needs --src-range or --dst-range", at: reader.nameRange)
        }
        source = reader.option("--src-range").flatMap { Range($0, &reader) }
        destination = reader.option("--dst-range").flatMap { Range($0, &reader) }
        if reader.hasErrors { return nil }
    }

    public var condition: Condition {
        .all([source?.condition(.source), destination?.condition(.destination)].compactMap { $0 })
    }

    public var savedWords: [String] {
        (source?.savedWords("--src-range", family) ?? [])
            + (destination?.savedWords("--dst-range", family) ?? [])
    }
}
