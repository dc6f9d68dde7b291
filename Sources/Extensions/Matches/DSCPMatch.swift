public import RuleModel

/// `-m dscp` (extensions/libxt_dscp.c; `dscp_mt` in net/netfilter/xt_dscp.c).
public struct DSCPMatch: Match {
    public static let schema = ExtensionSchema(
        "dscp",
        options: [OptionSpec("--dscp", negatable: true), OptionSpec("--dscp-class", negatable: true)])

    private let value: UInt8
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.exactlyOne(of: ["--dscp", "--dscp-class"]) else { return nil }
        let argument = option.arguments[0]
        isNegated = option.isNegated
        let value =
            option.name == "--dscp"
            ? reader.number(argument, in: 0...63, what: "a DSCP").map(UInt8.init)
            : reader.serviceClass(argument)
        guard let value else { return nil }
        self.value = value
    }

    public var condition: Condition {
        .bits(.trafficClass, mask: 0xfc, value: UInt32(value) << 2).negated(if: isNegated)
    }

    public var savedWords: [String] { savedOption("--dscp", savedByte(value), isNegated: isNegated) }
}
