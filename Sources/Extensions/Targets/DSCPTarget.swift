public import RuleModel

/// `-j DSCP` (extensions/libxt_DSCP.c; `dscp_tg` in net/netfilter/xt_DSCP.c).
public struct DSCPTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "DSCP", tables: [.mangle], options: [OptionSpec("--set-dscp"), OptionSpec("--set-dscp-class")])

    private let value: UInt8

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.exactlyOne(of: ["--set-dscp", "--set-dscp-class"]) else { return nil }
        let value =
            option.name == "--set-dscp"
            ? reader.number(of: option.name, in: 0...63).map(UInt8.init)
            : reader.serviceClass(option.arguments[0])
        guard let value else { return nil }
        self.value = value
    }

    public var action: Action { .change(.trafficClass(mask: 0xfc, value: value << 2)) }
    public var savedWords: [String] { savedOption("--set-dscp", savedByte(value)) }
}
