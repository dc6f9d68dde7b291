import Packets
public import RuleModel

/// `-m osf` of iptables (extensions/libxt_osf.c; net/netfilter/nfnetlink_osf.c): which system's TCP the SYN looks like, by
/// a list of fingerprints that is loaded into the kernel. The kernel doesn't look at the `!`.
public struct OSFingerprintMatch: Match {
    public static let schema = ExtensionSchema(
        "osf", evaluation: .needs("osf"), families: [.ipv4], hooks: [.prerouting, .input, .forward],
        protocols: [.tcp],
        options: [
            OptionSpec("--genre", negatable: true, required: true), OptionSpec("--ttl"), OptionSpec("--log"),
        ])

    /// `MAXGENRELEN`, less the NUL at the end.
    private static let genreLength = 31

    private let genre: String
    private let isNegated: Bool
    private var ttl: UInt64?
    private var log: UInt64?

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--genre") else { return nil }
        genre = option.arguments[0].text.cut(toBytes: OSFingerprintMatch.genreLength)
        isNegated = option.isNegated
        if isNegated { reader.warning("the kernel takes this as it is without the !", at: option.range) }
        if let option = reader.option("--ttl") {
            ttl = reader.number(option.arguments[0], in: 0...2, what: "how the TTL is compared")
        }
        if let option = reader.option("--log") {
            log = reader.number(option.arguments[0], in: 0...2, what: "what is logged")
        }
        if reader.hasErrors { return nil }
    }

    public var condition: Condition {
        // With --log, the fingerprint of any system will do.
        let genre = log == nil ? "of \(genre)" : "that is known"
        let summary = "SYN \(genre), TTL compared by method \(ttl ?? 0)"
        return .all([
            .bits(.tcpFlags, mask: UInt32(TCPFlags.syn.rawValue), value: UInt32(TCPFlags.syn.rawValue)),
            .fact(FactTest(fact: "osf", summary: summary)),
        ])
    }

    public var savedWords: [String] {
        var words = savedOption("--genre", genre, isNegated: isNegated)
        if let ttl { words += savedOption("--ttl", "\(ttl)") }
        if let log { words += savedOption("--log", "\(log)") }
        return words
    }
}
