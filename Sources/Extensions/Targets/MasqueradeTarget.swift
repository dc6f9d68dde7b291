import Packets
public import RuleModel

/// `-j MASQUERADE` (extensions/libxt_NAT.c; net/netfilter/xt_MASQUERADE.c in the kernel): the source becomes the address of the interface by which the packet leaves.
public struct MasqueradeTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "MASQUERADE", tables: [.nat], hooks: [.postrouting],
        options: [
            OptionSpec("--to-ports"), NATRangeOptions.random, NATRangeOptions.randomFully,
        ])

    private let range: NATRange
    private let family: AddressFamily

    public init?(_ reader: inout OptionReader) {
        family = reader.context.family
        guard let range = NATRangeOptions.read("--to-ports", basePort: .lost, &reader) else {
            return nil
        }
        self.range = range
    }

    public var action: Action { .translate(.masquerade(range)) }
    public var savedWords: [String] { NATRangeOptions.saved("--to-ports", range, family) }
}
