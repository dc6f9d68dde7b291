import Packets
public import RuleModel

/// `-m frag` of ip6tables (extensions/libip6t_frag.c; net/ipv6/netfilter/ip6t_frag.c).
public struct FragmentMatch: Match {
    public static let schema = ExtensionSchema(
        "frag", families: [.ipv6],
        options: [
            OptionSpec("--fragid", negatable: true),
            OptionSpec("--fraglen", negatable: true),
            OptionSpec("--fragres", argument: .none),
            OptionSpec("--fragfirst", argument: .none),
            OptionSpec("--fragmore", argument: .none),
            OptionSpec("--fraglast", argument: .none),
        ])

    private var low: UInt32 = 0
    private var high: UInt32 = .max
    private var isIDNegated = false
    /// Printed, but the kernel doesn't test it.
    private var length: Negatable<UInt32>?
    private let reservedIsZero: Bool
    private let isFirst: Bool
    /// Whether more fragments follow.
    private let more: Bool?

    public init?(_ reader: inout OptionReader) {
        reservedIsZero = reader.option("--fragres") != nil
        isFirst = reader.option("--fragfirst") != nil
        more = reader.atMostOne(of: ["--fragmore", "--fraglast"]).map { $0.name == "--fragmore" }
        if let option = reader.option("--fragid") {
            let argument = option.arguments[0]
            guard let (low, high) = reader.numberRange(argument, upTo: .max, what: "an identification") else {
                return nil
            }
            self.low = low
            self.high = high
            isIDNegated = option.isNegated
        }
        if let option = reader.option("--fraglen") {
            let argument = option.arguments[0]
            guard let length = reader.number(argument, in: 0...UInt64(UInt32.max), what: "a length") else {
                return nil
            }
            reader.warning("the kernel doesn't look at --fraglen", at: option.range)
            self.length = Negatable(UInt32(length), isNegated: option.isNegated)
        }
        if reader.hasErrors { return nil }
    }

    public var condition: Condition {
        let hasHeader = Condition.number(.fragmentHeader, in: NumberSet(1))
        // A header chain that breaks off before a fragment header was found drops the packet.
        var parts: [Condition] = [.any([hasHeader, .all([.header(.protocolChain), .any([])])])]
        if low != 0 || high != .max || isIDNegated {
            let ids = NumberSet(from: low, through: high)
            parts.append(Condition.number(.fragmentIdentification, in: ids).negated(if: isIDNegated))
        }
        if reservedIsZero { parts.append(.number(.fragmentReserved, in: NumberSet(0))) }
        if isFirst { parts.append(.number(.fragmentOffset, in: NumberSet(0))) }
        if let more { parts.append(.number(.moreFragments, in: NumberSet(more ? 1 : 0))) }
        return .all(parts)
    }

    public var savedWords: [String] {
        var words: [String] = []
        if low != 0 || high != .max {
            words += savedOption("--fragid", savedRange(low, high), isNegated: isIDNegated)
        }
        if let length { words += savedOption("--fraglen", "\(length.value)", isNegated: length.isNegated) }
        if reservedIsZero { words.append("--fragres") }
        if isFirst { words.append("--fragfirst") }
        if let more { words.append(more ? "--fragmore" : "--fraglast") }
        return words
    }
}
