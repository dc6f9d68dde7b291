import Packets
public import RuleModel

/// `-m mac` (extensions/libxt_mac.c; `mac_mt` in net/netfilter/xt_mac.c). A frame without link-layer addresses never
/// matches, negated or not.
public struct MACMatch: Match {
    public static let schema = ExtensionSchema(
        "mac", hooks: [.prerouting, .input, .forward],
        options: [OptionSpec("--mac-source", negatable: true, required: true)])

    private let address: MACAddress
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--mac-source") else { return nil }
        let argument = option.arguments[0]
        guard let address = MACAddress(argument.text) else {
            reader.error("a MAC address is six hexadecimal numbers with colons between", at: argument.range)
            return nil
        }
        self.address = address
        isNegated = option.isNegated
    }

    public var condition: Condition {
        guard isNegated else { return .sourceMAC(address) }
        return .all([.number(.linkAddresses, in: NumberSet(1)), .not(.sourceMAC(address))])
    }

    public var savedWords: [String] { savedOption("--mac-source", address.description, isNegated: isNegated) }
}
