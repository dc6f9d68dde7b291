public import RuleModel

/// `-j NOTRACK`: another name of `-j CT --notrack` (extensions/libxt_CT.c; net/netfilter/xt_CT.c).
public struct NotrackTarget: TargetExtension {
    public static let schema = ExtensionSchema("NOTRACK", tables: [.raw])

    public init?(_ reader: inout OptionReader) {}

    public var action: Action { .connection(.untrack) }
    public var savedWords: [String] { [] }
}
