public import RuleModel

/// `-j MARK`, revision 2 (extensions/libxt_MARK.c; `mark_tg` in net/netfilter/xt_mark.c).
public struct MarkTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "MARK",
        options: [
            OptionSpec("--set-xmark"), OptionSpec("--set-mark"), OptionSpec("--and-mark"),
            OptionSpec("--or-mark"),
            OptionSpec("--xor-mark"),
        ])

    private let value: UInt32
    private let mask: UInt32

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.exactlyOne(of: MarkTarget.schema.options.map(\.name)) else { return nil }
        let argument = option.arguments[0]
        switch option.name {
        case "--set-xmark", "--set-mark":
            guard let (value, mask) = reader.valueAndMask(argument, what: "a mark") else { return nil }
            self.value = value
            self.mask = option.name == "--set-mark" ? value | mask : mask
        default:
            guard let number = reader.number(argument, in: 0...UInt64(UInt32.max), what: "a mark") else {
                return nil
            }
            let bits = UInt32(number)
            switch option.name {
            case "--and-mark": (value, mask) = (0, ~bits)
            case "--or-mark": (value, mask) = (bits, bits)
            default: (value, mask) = (bits, 0)
            }
        }
    }

    public var action: Action { .setMark(value: value, mask: mask) }

    public var savedWords: [String] {
        savedOption("--set-xmark", "\(savedHexadecimal(value))/\(savedHexadecimal(mask))")
    }
}
