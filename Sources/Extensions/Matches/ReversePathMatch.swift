import Packets
public import RuleModel

/// `-m rpfilter` (extensions/libxt_rpfilter.c; net/ipv4/netfilter/ipt_rpfilter.c, net/ipv6/netfilter/ip6t_rpfilter.c).
public struct ReversePathMatch: Match {
    private static let flags: [(option: String, test: ReversePathTest)] = [
        ("--loose", .loose), ("--validmark", .usesMark), ("--accept-local", .acceptsLocal),
    ]

    public static let schema = ExtensionSchema(
        "rpfilter", tables: [.raw, .mangle], hooks: [.prerouting],
        options: flags.map { OptionSpec($0.option, argument: .none) } + [
            OptionSpec("--invert", argument: .none)
        ])

    private var test: ReversePathTest = []
    private let isInverted: Bool

    public init?(_ reader: inout OptionReader) {
        for (option, flag) in ReversePathMatch.flags where reader.option(option) != nil { test.insert(flag) }
        isInverted = reader.option("--invert") != nil
    }

    public var condition: Condition { Condition.reversePath(test).negated(if: isInverted) }

    public var savedWords: [String] {
        ReversePathMatch.flags.filter { test.contains($0.test) }.map(\.option)
            + (isInverted ? ["--invert"] : [])
    }
}
