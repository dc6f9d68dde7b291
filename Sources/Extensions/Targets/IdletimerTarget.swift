public import RuleModel

/// `-j IDLETIMER`, revision 1 (extensions/libxt_IDLETIMER.c; net/netfilter/xt_IDLETIMER.c).
public struct IdletimerTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "IDLETIMER",
        options: [
            OptionSpec("--timeout", required: true), OptionSpec("--label", required: true),
            OptionSpec("--alarm", argument: .none),
        ])

    /// The kernel names a file in sysfs after the label, and these are there already.
    private static let takenLabels: Set<String> = ["power", "subsystem", "uevent"]

    private let seconds: UInt64
    private let label: String
    private let isAlarm: Bool

    public init?(_ reader: inout OptionReader) {
        guard let seconds = reader.number(of: "--timeout", in: 1...UInt64(Int32.max) / 1000 - 1),
            let argument = reader.option("--label")?.arguments[0]
        else { return nil }
        self.seconds = seconds
        label = argument.text.cut(toBytes: 27)
        isAlarm = reader.option("--alarm") != nil
        if label.isEmpty || label.utf8.contains(UInt8(ascii: "/"))
            || IdletimerTarget.takenLabels.contains(label)
        {
            reader.error(
                "a label must make a file name, and not \(IdletimerTarget.takenLabels.sorted().joined(separator: ", "))",
                at: argument.range)
            return nil
        }
    }

    public var action: Action {
        .aside(AsideEffect(summary: "start the timer \(label) anew, which ends after \(seconds) s"))
    }

    public var savedWords: [String] {
        savedOption("--timeout", "\(seconds)") + savedOption("--label", savedWord(label))
            + (isAlarm ? ["--alarm"] : [])
    }
}
