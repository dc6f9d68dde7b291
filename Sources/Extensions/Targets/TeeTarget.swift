import Packets
public import RuleModel

/// `-j TEE` (extensions/libxt_TEE.c; net/netfilter/xt_TEE.c): a copy of the packet goes to another machine.
public struct TeeTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "TEE", options: [OptionSpec("--gateway", required: true), OptionSpec("--oif")])

    private let copy: PacketCopy

    public init?(_ reader: inout OptionReader) {
        guard let argument = reader.option("--gateway")?.arguments[0], let address = reader.address(argument)
        else {
            return nil
        }
        guard address != 0 else {
            reader.error("a gateway can't be the unspecified address", at: argument.range)
            return nil
        }
        copy = PacketCopy(
            gateway: IPAddress(family: reader.context.family, bits: address),
            outInterface: reader.option("--oif")?.arguments[0].text.cut(toBytes: 15) ?? "")
    }

    public var action: Action { .copy(copy) }

    public var savedWords: [String] {
        savedOption("--gateway", "\(copy.gateway)")
            + (copy.outInterface.isEmpty ? [] : savedOption("--oif", savedWord(copy.outInterface)))
    }
}
