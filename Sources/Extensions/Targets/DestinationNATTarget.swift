import Packets
public import RuleModel

/// `-j DNAT` (extensions/libxt_NAT.c; net/netfilter/xt_nat.c in the kernel), revision 2: the destination becomes one of the range.
public struct DestinationNATTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "DNAT", tables: [.nat], hooks: [.prerouting, .output],
        options: [
            OptionSpec("--to-destination", required: true), NATRangeOptions.random,
            NATRangeOptions.persistent,
        ])

    private let range: NATRange
    private let family: AddressFamily

    public init?(_ reader: inout OptionReader) {
        family = reader.context.family
        guard let range = NATRangeOptions.read("--to-destination", basePort: .kept, &reader) else {
            return nil
        }
        self.range = range
    }

    public var action: Action { .translate(.destination(range)) }
    public var savedWords: [String] { NATRangeOptions.saved("--to-destination", range, family) }
}
