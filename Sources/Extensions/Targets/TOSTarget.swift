public import RuleModel

/// `-j TOS`, revision 1 (extensions/libxt_TOS.c; `tos_tg` in net/netfilter/xt_DSCP.c).
public struct TOSTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "TOS", tables: [.mangle],
        options: [
            OptionSpec("--set-tos"), OptionSpec("--and-tos"), OptionSpec("--or-tos"), OptionSpec("--xor-tos"),
        ])

    private let value: UInt8
    private let mask: UInt8

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.exactlyOne(of: TOSTarget.schema.options.map(\.name)) else { return nil }
        if option.name == "--set-tos" {
            guard let (value, mask) = reader.serviceAndMask(option.arguments[0]) else { return nil }
            self.value = value
            self.mask = mask
            return
        }
        guard let bits = reader.number(of: option.name, in: 0...255).map(UInt8.init) else { return nil }
        switch option.name {
        case "--and-tos": (value, mask) = (0, ~bits)
        case "--or-tos": (value, mask) = (bits, bits)
        default: (value, mask) = (bits, 0)
        }
    }

    public var action: Action { .change(.trafficClass(mask: mask, value: value)) }
    public var savedWords: [String] { savedOption("--set-tos", "\(savedByte(value))/\(savedByte(mask))") }
}
