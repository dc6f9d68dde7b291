import Packets
public import RuleModel

/// `-j DNPT` (extensions/libip6t_DNPT.c; net/ipv6/netfilter/ip6t_NPT.c): the destination gets another prefix (RFC 6296).
public struct DNPTTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "DNPT", families: [.ipv6], tables: [.mangle], hooks: [.prerouting, .output],
        options: PrefixPair.options)

    private let prefixes: PrefixPair

    public init?(_ reader: inout OptionReader) {
        guard let prefixes = PrefixPair(&reader) else { return nil }
        self.prefixes = prefixes
    }

    public var action: Action {
        .change(.prefix(PrefixTranslation(of: .destination, from: prefixes.source, to: prefixes.destination)))
    }

    public var savedWords: [String] { prefixes.savedWords }
}
