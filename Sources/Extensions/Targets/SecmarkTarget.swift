public import RuleModel

/// `-j SECMARK`, revision 1 (extensions/libxt_SECMARK.c; net/netfilter/xt_SECMARK.c). Whether the security module knows the
/// context is the host's affair.
public struct SecmarkTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "SECMARK", evaluation: .compiledOnly, tables: [.mangle, .security],
        options: [OptionSpec("--selctx", required: true)])

    private let context: String

    public init?(_ reader: inout OptionReader) {
        guard let argument = reader.option("--selctx")?.arguments[0] else { return nil }
        context = argument.text.cut(toBytes: 255)
        guard !context.isEmpty else {
            reader.error("a security context is missing", at: argument.range)
            return nil
        }
    }

    public var action: Action { .aside(AsideEffect(summary: "set the security mark of \(context)")) }
    public var savedWords: [String] { savedOption("--selctx", savedWord(context)) }
}
