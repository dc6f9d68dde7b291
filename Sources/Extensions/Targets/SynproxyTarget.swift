import Packets
public import RuleModel

/// `-j SYNPROXY` (extensions/libxt_SYNPROXY.c; net/ipv4/netfilter/ipt_SYNPROXY.c, ip6t_SYNPROXY.c; nf_synproxy_core.c).
public struct SynproxyTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "SYNPROXY", hooks: [.input, .forward], protocols: [.tcp],
        options: [
            OptionSpec("--sack-perm", argument: .none), OptionSpec("--timestamp", argument: .none),
            OptionSpec("--wscale"), OptionSpec("--mss"), OptionSpec("--ecn", argument: .none),
        ])

    private let hasSelectiveACK: Bool
    private let hasTimestamp: Bool
    private var windowScale: UInt8?
    private var segmentSize: UInt16?
    private let hasECN: Bool

    public init?(_ reader: inout OptionReader) {
        hasSelectiveACK = reader.option("--sack-perm") != nil
        hasTimestamp = reader.option("--timestamp") != nil
        hasECN = reader.option("--ecn") != nil
        let scale = reader.number(of: "--wscale", in: 0...UInt64(UInt32.max))
        let size = reader.number(of: "--mss", in: 0...UInt64(UInt32.max))
        if reader.hasErrors { return nil }
        windowScale = scale.map(UInt8.init(truncatingIfNeeded:))
        segmentSize = size.map(UInt16.init(truncatingIfNeeded:))
        if let scale, scale > 14 { warn("--wscale", windowScale.map { "\($0)" }, scale, &reader) }
        if let size, size > UInt64(UInt16.max) { warn("--mss", segmentSize.map { "\($0)" }, size, &reader) }
    }

    private func warn(_ name: String, _ taken: String?, _ number: UInt64, _ reader: inout OptionReader) {
        guard let taken, let range = reader.option(name)?.range else { return }
        reader.warning(
            taken == "\(number)"
                ? "a window scale over 14 is against RFC 7323" : "iptables takes this for \(taken)",
            at: range)
    }

    public var action: Action { .synproxy }

    public var savedWords: [String] {
        var words: [String] = []
        if hasSelectiveACK { words.append("--sack-perm") }
        if hasTimestamp { words.append("--timestamp") }
        if let windowScale { words += savedOption("--wscale", "\(windowScale)") }
        if let segmentSize { words += savedOption("--mss", "\(segmentSize)") }
        if hasECN { words.append("--ecn") }
        return words
    }
}
