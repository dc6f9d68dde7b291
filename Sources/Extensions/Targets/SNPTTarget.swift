import Packets
public import RuleModel

/// `-j SNPT` (extensions/libip6t_SNPT.c; net/ipv6/netfilter/ip6t_NPT.c): the source gets another prefix (RFC 6296).
public struct SNPTTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "SNPT", families: [.ipv6], tables: [.mangle], hooks: [.input, .postrouting],
        options: PrefixPair.options)

    private let prefixes: PrefixPair

    public init?(_ reader: inout OptionReader) {
        guard let prefixes = PrefixPair(&reader) else { return nil }
        self.prefixes = prefixes
    }

    public var action: Action {
        .change(.prefix(PrefixTranslation(of: .source, from: prefixes.source, to: prefixes.destination)))
    }

    public var savedWords: [String] { prefixes.savedWords }
}
