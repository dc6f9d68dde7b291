import Packets
public import RuleModel

/// `-m connlimit`, revision 1 (extensions/libxt_connlimit.c; net/netfilter/xt_connlimit.c).
public struct ConnlimitMatch: Match {
    public static let schema = ExtensionSchema(
        "connlimit",
        options: [
            OptionSpec("--connlimit-upto", negatable: true), OptionSpec("--connlimit-above", negatable: true),
            OptionSpec("--connlimit-mask"), OptionSpec("--connlimit-saddr", argument: .none),
            OptionSpec("--connlimit-daddr", argument: .none),
        ])

    private let limit: UInt32
    /// Whether at most so many match, instead of more.
    private let isUpTo: Bool
    private let prefixLength: Int
    private let countsDestinations: Bool
    private let family: AddressFamily

    public init?(_ reader: inout OptionReader) {
        family = reader.context.family
        guard let option = reader.exactlyOne(of: ["--connlimit-upto", "--connlimit-above"]),
            let limit = reader.number(
                option.arguments[0], in: 0...UInt64(UInt32.max), what: "a number of connections")
        else { return nil }
        self.limit = UInt32(limit)
        isUpTo = (option.name == "--connlimit-upto") != option.isNegated
        var prefixLength = family.bitWidth
        if let mask = reader.option("--connlimit-mask") {
            guard let length = reader.maskLength(mask.arguments[0], otherwise: family.bitWidth) else {
                return nil
            }
            prefixLength = length
        }
        self.prefixLength = prefixLength
        let side = reader.atMostOne(of: ["--connlimit-saddr", "--connlimit-daddr"])
        countsDestinations = side?.name == "--connlimit-daddr"
        if reader.hasErrors { return nil }
    }

    public var condition: Condition {
        let (limit, isUpTo, counted) = (limit, isUpTo, countsDestinations)
        let mask = IPPrefix.mask(prefixLength, family: family)
        let side = counted ? "to" : "from"
        let summary = "connections \(side) the same /\(prefixLength) \(isUpTo ? "up to" : "above") \(limit)"
        return .history(
            HistoryTest(summary: summary, asksForConnection: true) { memory in
                CountedConnections(
                    limit: limit, isUpTo: isUpTo, mask: mask, countsDestinations: counted,
                    clock: .shared(memory))
            })
    }

    /// In the order of `connlimit_save4`.
    public var savedWords: [String] {
        savedOption(isUpTo ? "--connlimit-upto" : "--connlimit-above", "\(limit)")
            + savedOption("--connlimit-mask", "\(prefixLength)")
            + [countsDestinations ? "--connlimit-daddr" : "--connlimit-saddr"]
    }
}
