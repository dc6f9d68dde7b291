public import RuleModel

/// `-j NFLOG` (extensions/libxt_NFLOG.c; net/netfilter/xt_NFLOG.c): a log to which programs listen. Only its prefix means
/// something to us.
public struct NFLogTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "NFLOG",
        options: [
            OptionSpec("--nflog-group"), OptionSpec("--nflog-prefix"), OptionSpec("--nflog-range"),
            OptionSpec("--nflog-size"), OptionSpec("--nflog-threshold"),
        ])

    private var prefix = ""
    private var group: UInt64 = 0
    private var range: UInt64 = 0
    private var size: UInt64?
    /// How many packets the kernel collects; 0 leaves it to the kernel.
    private var threshold: UInt64 = 0

    public init?(_ reader: inout OptionReader) {
        if let argument = reader.option("--nflog-prefix")?.arguments[0] {
            guard !argument.text.isEmpty, !argument.text.utf8.contains(UInt8(ascii: "\n")) else {
                reader.error("a log prefix is neither empty nor longer than a line", at: argument.range)
                return nil
            }
            prefix = argument.text.cut(toBytes: 63)
            if prefix.utf8.count < argument.text.utf8.count {
                reader.warning("the kernel keeps only the first 63 bytes of a log prefix", at: argument.range)
            }
        }
        if let other = reader.atMostOne(of: ["--nflog-range", "--nflog-size"]), other.name == "--nflog-range"
        {
            reader.warning("--nflog-range has never worked; --nflog-size does", at: other.range)
        }
        let word = UInt64(UInt16.max)
        let long = UInt64(UInt32.max)
        group = reader.number(of: "--nflog-group", in: 0...word) ?? 0
        range = reader.number(of: "--nflog-range", in: 0...long) ?? 0
        size = reader.number(of: "--nflog-size", in: 0...long)
        threshold = reader.number(of: "--nflog-threshold", in: 0...word) ?? 0
        if reader.hasErrors { return nil }
    }

    public var action: Action { .log(LogParameters(prefix: prefix)) }

    public var savedWords: [String] {
        var words: [String] = []
        if !prefix.isEmpty { words += savedOption("--nflog-prefix", savedString(prefix)) }
        if group != 0 { words += savedOption("--nflog-group", "\(group)") }
        if range != 0 { words += savedOption("--nflog-range", "\(range)") }
        if let size { words += savedOption("--nflog-size", "\(size)") }
        if threshold != 0 { words += savedOption("--nflog-threshold", "\(threshold)") }
        return words
    }
}
