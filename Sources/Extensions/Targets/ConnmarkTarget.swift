public import RuleModel

/// `-j CONNMARK`, revision 2 (extensions/libxt_CONNMARK.c; `connmark_tg_shift` in net/netfilter/xt_connmark.c).
public struct ConnmarkTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "CONNMARK",
        options: [
            OptionSpec("--set-xmark"), OptionSpec("--set-mark"), OptionSpec("--and-mark"),
            OptionSpec("--or-mark"), OptionSpec("--xor-mark"),
            OptionSpec("--save-mark", argument: .none), OptionSpec("--restore-mark", argument: .none),
            OptionSpec("--left-shift-mark"), OptionSpec("--right-shift-mark"),
            OptionSpec("--ctmask"), OptionSpec("--nfmask"), OptionSpec("--mask"),
        ])

    private enum Operation {
        case set, save, restore
    }

    private static let operations = [
        "--set-xmark", "--set-mark", "--and-mark", "--or-mark", "--xor-mark", "--save-mark", "--restore-mark",
    ]

    private let operation: Operation
    /// For `set` alone.
    private var value: UInt32 = 0
    private var connectionMask: UInt32 = .max
    private var packetMask: UInt32 = .max
    private var shift = MarkShift.none

    /// Options count in the order in which they are written: a later mask or shift overwrites an earlier one, and that of
    /// `--set-mark`, too.
    public init?(_ reader: inout OptionReader) {
        guard let chosen = reader.exactlyOne(of: ConnmarkTarget.operations) else { return nil }
        for mask in ["--ctmask", "--nfmask"] where reader.option(mask) != nil {
            if reader.atMostOne(of: [mask, "--mask"]) == nil { return nil }
        }
        operation =
            switch chosen.name {
            case "--save-mark": .save
            case "--restore-mark": .restore
            default: .set
            }
        for option in reader.options { read(option, &reader) }
        if reader.hasErrors { return nil }
    }

    private mutating func read(_ option: ParsedOption, _ reader: inout OptionReader) {
        switch option.name {
        case "--save-mark", "--restore-mark": return
        case "--set-xmark", "--set-mark":
            guard let (value, mask) = reader.valueAndMask(option.arguments[0], what: "a mark") else { return }
            self.value = value
            connectionMask = option.name == "--set-mark" ? value | mask : mask
        case "--left-shift-mark", "--right-shift-mark":
            guard let bits = reader.number(of: option.name, in: 0...31) else { return }
            shift = MarkShift(bits: UInt8(bits), isLeft: option.name == "--left-shift-mark")
        default:
            guard let number = reader.number(of: option.name, in: 0...UInt64(UInt32.max)) else { return }
            let bits = UInt32(number)
            switch option.name {
            case "--and-mark": (value, connectionMask) = (0, ~bits)
            case "--or-mark": (value, connectionMask) = (bits, bits)
            case "--xor-mark": (value, connectionMask) = (bits, 0)
            case "--ctmask": connectionMask = bits
            case "--nfmask": packetMask = bits
            default: (packetMask, connectionMask) = (bits, bits)
            }
        }
    }

    public var action: Action {
        switch operation {
        case .set: .connection(.setMark(value: value, mask: connectionMask, shift: shift))
        case .save:
            .connection(.saveMark(packetMask: packetMask, connectionMask: connectionMask, shift: shift))
        case .restore:
            .connection(.restoreMark(packetMask: packetMask, connectionMask: connectionMask, shift: shift))
        }
    }

    public var savedWords: [String] {
        let masks =
            savedOption("--nfmask", savedHexadecimal(packetMask))
            + savedOption("--ctmask", savedHexadecimal(connectionMask))
        var words: [String]
        switch operation {
        case .set:
            words = savedOption(
                "--set-xmark", "\(savedHexadecimal(value))/\(savedHexadecimal(connectionMask))")
        case .save: words = ["--save-mark"] + masks
        case .restore: words = ["--restore-mark"] + masks
        }
        if shift.bits != 0 {
            words += savedOption(shift.isLeft ? "--left-shift-mark" : "--right-shift-mark", "\(shift.bits)")
        }
        return words
    }
}
