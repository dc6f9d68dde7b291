public import RuleModel

/// `-j TRACE` (extensions/libxt_TRACE.c; net/netfilter/xt_TRACE.c).
public struct TraceTarget: TargetExtension {
    public static let schema = ExtensionSchema("TRACE", evaluation: .compiledOnly, tables: [.raw])

    public init?(_ reader: inout OptionReader) {}

    public var action: Action { .aside(.trace) }
    public var savedWords: [String] { [] }
}
