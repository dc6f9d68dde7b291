import Packets
public import RuleModel

/// `-j SNAT` (extensions/libxt_NAT.c; net/netfilter/xt_nat.c in the kernel): the source becomes one of the range.
public struct SourceNATTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "SNAT", tables: [.nat], hooks: [.postrouting, .input],
        options: [
            OptionSpec("--to-source", required: true), NATRangeOptions.random, NATRangeOptions.randomFully,
            NATRangeOptions.persistent,
        ])

    private let range: NATRange
    private let family: AddressFamily

    public init?(_ reader: inout OptionReader) {
        family = reader.context.family
        guard let range = NATRangeOptions.read("--to-source", basePort: .lost, &reader) else {
            return nil
        }
        self.range = range
    }

    public var action: Action { .translate(.source(range)) }
    public var savedWords: [String] { NATRangeOptions.saved("--to-source", range, family) }
}
