import Packets
public import RuleModel

/// `-j REDIRECT` (extensions/libxt_NAT.c; net/netfilter/xt_REDIRECT.c in the kernel): the destination becomes the host.
public struct RedirectTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "REDIRECT", tables: [.nat], hooks: [.prerouting, .output],
        options: [
            OptionSpec("--to-ports"), NATRangeOptions.random,
        ])

    private let range: NATRange
    private let family: AddressFamily

    public init?(_ reader: inout OptionReader) {
        family = reader.context.family
        guard let range = NATRangeOptions.read("--to-ports", basePort: .refused, &reader) else {
            return nil
        }
        self.range = range
    }

    public var action: Action { .translate(.redirect(range)) }
    public var savedWords: [String] { NATRangeOptions.saved("--to-ports", range, family) }
}
