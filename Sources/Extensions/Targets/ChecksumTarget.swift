public import RuleModel

/// `-j CHECKSUM` (extensions/libxt_CHECKSUM.c; net/netfilter/xt_CHECKSUM.c): it computes a checksum that the network card would
/// have computed a moment later, so that what leaves is the same.
public struct ChecksumTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "CHECKSUM", tables: [.mangle],
        options: [OptionSpec("--checksum-fill", argument: .none, required: true)])

    public init?(_ reader: inout OptionReader) {}

    public var action: Action {
        .aside(AsideEffect(summary: "compute a checksum that was left to the network card"))
    }
    public var savedWords: [String] { ["--checksum-fill"] }
}
