public import RuleModel

/// `-j LED` (extensions/libxt_LED.c; net/netfilter/xt_LED.c).
public struct LEDTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "LED",
        options: [
            OptionSpec("--led-trigger-id", required: true), OptionSpec("--led-delay"),
            OptionSpec("--led-always-blink", argument: .none),
        ])

    private let trigger: String
    /// Milliseconds; all ones stand for ever.
    private var delay: UInt32 = 0
    private let alwaysBlinks: Bool

    public init?(_ reader: inout OptionReader) {
        guard let argument = reader.option("--led-trigger-id")?.arguments[0] else { return nil }
        trigger = argument.text
        alwaysBlinks = reader.option("--led-always-blink") != nil
        guard !trigger.isEmpty, trigger.utf8.count <= 17 else {
            reader.error("the name of a trigger has 1 to 17 bytes", at: argument.range)
            return nil
        }
        if let argument = reader.option("--led-delay")?.arguments[0] {
            if argument.text.hasPrefix(ignoringCase: "inf") {
                delay = .max
            } else {
                guard let number = reader.number(of: "--led-delay", in: 0...UInt64(UInt32.max)) else {
                    return nil
                }
                delay = UInt32(number)
            }
        }
    }

    public var action: Action {
        .aside(AsideEffect(summary: "switch on the lamps of trigger netfilter-\(trigger)"))
    }

    public var savedWords: [String] {
        var quoted = ""
        for character in trigger.unicodeScalars {
            if character == "\"" || character == "\\" { quoted += "\\" }
            quoted.unicodeScalars.append(character)
        }
        var words = savedOption("--led-trigger-id", "\"\(quoted)\"")
        // As `%d` prints it; of the delays below zero, `iptables-save` prints -1 alone.
        let signed = Int32(bitPattern: delay)
        if signed > 0 { words += savedOption("--led-delay", "\(signed)") }
        if signed == -1 { words += savedOption("--led-delay", "inf") }
        if alwaysBlinks { words.append("--led-always-blink") }
        return words
    }
}
