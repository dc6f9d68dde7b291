import Packets
public import RuleModel

/// `-j ECN` (extensions/libipt_ECN.c; net/ipv4/netfilter/ipt_ECN.c).
public struct ECNTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "ECN", families: [.ipv4], tables: [.mangle],
        options: [
            OptionSpec("--ecn-tcp-remove", argument: .none), OptionSpec("--ecn-tcp-cwr"),
            OptionSpec("--ecn-tcp-ece"), OptionSpec("--ecn-ip-ect"),
        ])

    private var change = CongestionChange()

    /// In the order in which the options are written: `--ecn-tcp-remove` forgets an `--ecn-ip-ect` before it.
    public init?(_ reader: inout OptionReader) {
        if reader.option("--ecn-tcp-remove") != nil {
            for other in ["--ecn-tcp-cwr", "--ecn-tcp-ece"] where reader.option(other) != nil {
                _ = reader.atMostOne(of: ["--ecn-tcp-remove", other])
                return nil
            }
        }
        for option in reader.options {
            switch option.name {
            case "--ecn-tcp-remove": change = CongestionChange(echo: false, windowReduced: false)
            case "--ecn-tcp-cwr":
                change.windowReduced = reader.number(of: option.name, in: 0...1).map { $0 == 1 }
            case "--ecn-tcp-ece": change.echo = reader.number(of: option.name, in: 0...1).map { $0 == 1 }
            default: change.codepoint = reader.number(of: option.name, in: 0...3).map(UInt8.init)
            }
        }
        if reader.hasErrors { return nil }
        guard change != CongestionChange() else {
            reader.error(
                "one of \(ECNTarget.schema.options.map(\.name).joined(separator: ", ")) is needed",
                at: reader.nameRange)
            return nil
        }
        if change.changesTCP, reader.context.transportProtocol != Negatable(.tcp) {
            reader.error("TCP's bits are only for rules with -p tcp", at: reader.nameRange, code: "FW008")
            return nil
        }
    }

    public var action: Action { .change(.congestion(change)) }

    public var savedWords: [String] {
        if change == CongestionChange(echo: false, windowReduced: false) { return ["--ecn-tcp-remove"] }
        var words: [String] = []
        if let echo = change.echo { words += savedOption("--ecn-tcp-ece", echo ? "1" : "0") }
        if let reduced = change.windowReduced { words += savedOption("--ecn-tcp-cwr", reduced ? "1" : "0") }
        if let codepoint = change.codepoint { words += savedOption("--ecn-ip-ect", "\(codepoint)") }
        return words
    }
}
