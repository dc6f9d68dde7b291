public import RuleModel

/// `-j AUDIT` (extensions/libxt_AUDIT.c; net/netfilter/xt_AUDIT.c).
public struct AuditTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "AUDIT", evaluation: .compiledOnly, options: [OptionSpec("--type", required: true)])

    private static let types = ["accept", "drop", "reject"]

    private let type: String

    public init?(_ reader: inout OptionReader) {
        guard let argument = reader.option("--type")?.arguments[0] else { return nil }
        let type = argument.text.lowercased()
        guard AuditTarget.types.contains(type) else {
            reader.error("an audit record is of type accept, drop or reject", at: argument.range)
            return nil
        }
        self.type = type
    }

    public var action: Action { .aside(AsideEffect(summary: "write an audit record of type \(type)")) }
    public var savedWords: [String] { savedOption("--type", type) }
}
