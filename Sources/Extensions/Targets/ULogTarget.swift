import Packets
public import RuleModel

/// `-j ULOG` (extensions/libipt_ULOG.c; net/ipv4/netfilter/ipt_ULOG.c): what NFLOG was before Linux 3.17.
public struct ULogTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "ULOG", families: [.ipv4],
        options: [
            OptionSpec("--ulog-nlgroup"), OptionSpec("--ulog-prefix"), OptionSpec("--ulog-cprange"),
            OptionSpec("--ulog-qthreshold"),
        ])

    private let group: UInt64
    private var prefix = ""
    private let range: UInt64
    private let threshold: UInt64

    public init?(_ reader: inout OptionReader) {
        group = reader.number(of: "--ulog-nlgroup", in: 1...32) ?? 1
        range = reader.number(of: "--ulog-cprange", in: 0...UInt64(UInt32.max)) ?? 0
        threshold = reader.number(of: "--ulog-qthreshold", in: 1...50) ?? 1
        if let argument = reader.option("--ulog-prefix")?.arguments[0] {
            guard !argument.text.isEmpty, !argument.text.utf8.contains(UInt8(ascii: "\n")) else {
                reader.error("a log prefix is neither empty nor longer than a line", at: argument.range)
                return nil
            }
            prefix = argument.text.cut(toBytes: 31)
        }
        if reader.hasErrors { return nil }
    }

    public var action: Action { .log(LogParameters(prefix: prefix)) }

    public var savedWords: [String] {
        var words: [String] = []
        if !prefix.isEmpty { words += savedOption("--ulog-prefix", savedString(prefix)) }
        if group != 1 { words += savedOption("--ulog-nlgroup", "\(group)") }
        if range != 0 { words += savedOption("--ulog-cprange", "\(range)") }
        if threshold != 1 { words += savedOption("--ulog-qthreshold", "\(threshold)") }
        return words
    }
}
