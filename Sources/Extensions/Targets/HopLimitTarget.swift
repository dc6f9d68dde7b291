import Packets
public import RuleModel

/// `-j HL` (extensions/libip6t_HL.c; net/netfilter/xt_HL.c).
public struct HopLimitTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "HL", families: [.ipv6], tables: [.mangle], options: HopLimitChange.options("--hl-"))

    private let change: HopLimitChange

    public init?(_ reader: inout OptionReader) {
        guard let change = HopLimitChange(&reader, prefix: "--hl-") else { return nil }
        self.change = change
    }

    public var action: Action { .change(.hopLimit(change.change)) }
    public var savedWords: [String] { change.savedWords }
}
