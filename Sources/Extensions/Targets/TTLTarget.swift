import Packets
public import RuleModel

/// `-j TTL` (extensions/libipt_TTL.c; net/netfilter/xt_HL.c).
public struct TTLTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "TTL", families: [.ipv4], tables: [.mangle], options: HopLimitChange.options("--ttl-"))

    private let change: HopLimitChange

    public init?(_ reader: inout OptionReader) {
        guard let change = HopLimitChange(&reader, prefix: "--ttl-") else { return nil }
        self.change = change
    }

    public var action: Action { .change(.hopLimit(change.change)) }
    public var savedWords: [String] { change.savedWords }
}
