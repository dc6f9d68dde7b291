import Packets
public import RuleModel

/// `-j NETMAP` (extensions/libipt_NETMAP.c and libip6t_NETMAP.c; net/netfilter/xt_NETMAP.c): another network, the same
/// hosts in it.
public struct NetmapTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "NETMAP", tables: [.nat], hooks: [.prerouting, .input, .output, .postrouting],
        options: [OptionSpec("--to", required: true)])

    private let network: UInt128
    private let length: Int
    private let family: AddressFamily

    public init?(_ reader: inout OptionReader) {
        family = reader.context.family
        guard let option = reader.option("--to"),
            let (address, mask) = reader.addressAndMask(option.arguments[0]),
            let length = prefixLength(ofMask: mask, family)
        else { return nil }
        network = address & mask
        self.length = length
    }

    public var action: Action {
        .translate(.netmap(network: network, mask: IPPrefix.mask(length, family: family)))
    }

    public var savedWords: [String] {
        savedOption("--to", "\(IPAddress(family: family, bits: network))/\(length)")
    }
}
