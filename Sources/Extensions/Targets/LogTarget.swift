import Packets
public import RuleModel

/// `-j LOG` (extensions/libxt_LOG.c; net/netfilter/xt_LOG.c).
public struct LogTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "LOG",
        options: [
            OptionSpec("--log-level"),
            OptionSpec("--log-prefix"),
            OptionSpec("--log-tcp-sequence", argument: .none),
            OptionSpec("--log-tcp-options", argument: .none),
            OptionSpec("--log-ip-options", argument: .none),
            OptionSpec("--log-uid", argument: .none),
            OptionSpec("--log-macdecode", argument: .none),
        ])

    private static let defaultLevel: UInt8 = 4
    private static let levels: [(name: String, level: UInt8)] = [
        ("emerg", 0), ("panic", 0), ("alert", 1), ("crit", 2), ("error", 3), ("warning", 4), ("notice", 5),
        ("info", 6),
        ("debug", 7),
    ]

    private var parameters: LogParameters

    public init?(_ reader: inout OptionReader) {
        parameters = LogParameters(
            level: LogTarget.defaultLevel, tcpSequence: reader.option("--log-tcp-sequence") != nil,
            tcpOptions: reader.option("--log-tcp-options") != nil,
            ipOptions: reader.option("--log-ip-options") != nil, uid: reader.option("--log-uid") != nil,
            macDecode: reader.option("--log-macdecode") != nil)
        if let argument = reader.option("--log-level")?.arguments[0] {
            guard let level = LogTarget.level(argument.text) else {
                reader.error(
                    "a log level is 0 to 7 or one of \(LogTarget.levels.map(\.name).joined(separator: ", "))",
                    at: argument.range)
                return nil
            }
            parameters.level = level
        }
        if let argument = reader.option("--log-prefix")?.arguments[0] {
            guard !argument.text.isEmpty, !argument.text.utf8.contains(UInt8(ascii: "\n")) else {
                reader.error("a log prefix is neither empty nor longer than a line", at: argument.range)
                return nil
            }
            parameters.prefix = argument.text.cut(toBytes: 29)
            if parameters.prefix.utf8.count < argument.text.utf8.count {
                reader.warning("the kernel keeps only the first 29 bytes of a log prefix", at: argument.range)
            }
        }
    }

    private static func level(_ text: String) -> UInt8? {
        if let number = parseNumber(text) { return number <= 7 ? UInt8(number) : nil }
        return levels.first { $0.name == text }?.level
    }

    public var action: Action { .log(parameters) }

    public var savedWords: [String] {
        var words: [String] = []
        if !parameters.prefix.isEmpty { words += savedOption("--log-prefix", savedString(parameters.prefix)) }
        if parameters.level != LogTarget.defaultLevel {
            words += savedOption("--log-level", "\(parameters.level)")
        }
        let flags = [
            ("--log-tcp-sequence", parameters.tcpSequence), ("--log-tcp-options", parameters.tcpOptions),
            ("--log-ip-options", parameters.ipOptions), ("--log-uid", parameters.uid),
            ("--log-macdecode", parameters.macDecode),
        ]
        return words + flags.filter(\.1).map(\.0)
    }
}
