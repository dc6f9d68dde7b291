public import RuleModel

/// `-m dscp` (extensions/libxt_dscp.c; `dscp_mt` in net/netfilter/xt_dscp.c).
public struct DSCPMatch: Match {
    public static let schema = ExtensionSchema(
        "dscp",
        options: [OptionSpec("--dscp", negatable: true), OptionSpec("--dscp-class", negatable: true)])

    /// extensions/dscp_helper.c
    private static let classes: [(name: String, value: UInt8)] = [
        ("CS0", 0x00), ("CS1", 0x08), ("CS2", 0x10), ("CS3", 0x18), ("CS4", 0x20), ("CS5", 0x28),
        ("CS6", 0x30), ("CS7", 0x38), ("BE", 0x00), ("AF11", 0x0a), ("AF12", 0x0c), ("AF13", 0x0e),
        ("AF21", 0x12), ("AF22", 0x14), ("AF23", 0x16), ("AF31", 0x1a), ("AF32", 0x1c), ("AF33", 0x1e),
        ("AF41", 0x22), ("AF42", 0x24), ("AF43", 0x26), ("EF", 0x2e),
    ]

    private let value: UInt8
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.exactlyOne(of: ["--dscp", "--dscp-class"]) else { return nil }
        let argument = option.arguments[0]
        isNegated = option.isNegated
        if option.name == "--dscp" {
            guard let value = reader.number(argument, in: 0...63, what: "a DSCP") else { return nil }
            self.value = UInt8(value)
            return
        }
        // What follows a class's name makes no difference to iptables.
        guard let found = DSCPMatch.classes.first(where: { argument.text.hasPrefix(ignoringCase: $0.name) })
        else {
            reader.error(
                "unknown DSCP class \"\(argument.text)\"; there is "
                    + DSCPMatch.classes.map(\.name).joined(separator: ", "), at: argument.range)
            return nil
        }
        value = found.value
    }

    public var condition: Condition {
        .bits(.trafficClass, mask: 0xfc, value: UInt32(value) << 2).negated(if: isNegated)
    }

    public var savedWords: [String] { savedOption("--dscp", savedByte(value), isNegated: isNegated) }
}
