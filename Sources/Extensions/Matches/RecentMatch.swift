import Packets
public import RuleModel

/// `-m recent`, revision 1 (extensions/libxt_recent.c; net/netfilter/xt_recent.c).
public struct RecentMatch: Match {
    public static let schema = ExtensionSchema(
        "recent",
        options: [
            OptionSpec("--set", argument: .none, negatable: true),
            OptionSpec("--rcheck", argument: .none, negatable: true),
            OptionSpec("--update", argument: .none, negatable: true),
            OptionSpec("--remove", argument: .none, negatable: true),
            OptionSpec("--seconds"), OptionSpec("--reap", argument: .none), OptionSpec("--hitcount"),
            OptionSpec("--rttl", argument: .none), OptionSpec("--name"),
            OptionSpec("--rsource", argument: .none), OptionSpec("--rdest", argument: .none),
            OptionSpec("--mask"),
        ])

    /// `XT_RECENT_NAME_LEN`, without the zero behind the name.
    private static let longestName = 199
    /// `XT_RECENT_MAX_NSTAMPS` since Linux 6.11, less one; 255 before.
    private static let mostHits: UInt64 = 65_535

    private var rule: RecentRule
    private var name = "DEFAULT"
    private let family: AddressFamily
    private var mask: UInt128

    public init?(_ reader: inout OptionReader) {
        family = reader.context.family
        mask = reader.context.family.allOnes
        guard let option = reader.exactlyOne(of: RecentRule.Operation.allCases.map { "--\($0.rawValue)" }),
            let operation = RecentRule.Operation(rawValue: String(option.name.dropFirst(2)))
        else { return nil }
        rule = RecentRule(operation: operation, isNegated: option.isNegated)
        for option in reader.options { read(option, &reader) }
        checkTogether(&reader)
        if reader.hasErrors { return nil }
    }

    private mutating func read(_ option: ParsedOption, _ reader: inout OptionReader) {
        switch option.name {
        case "--rttl": rule.comparesHopLimit = true
        case "--reap": rule.reaps = true
        // The last of them counts.
        case "--rsource": rule.usesDestination = false
        case "--rdest": rule.usesDestination = true
        default: break
        }
        guard let argument = option.arguments.first else { return }
        switch option.name {
        case "--seconds":
            let seconds = reader.number(argument, in: 1...UInt64(UInt32.max), what: "a number of seconds")
            rule.seconds = UInt32(seconds ?? 0)
        case "--hitcount":
            let hits = reader.number(argument, in: 0...RecentMatch.mostHits, what: "a hitcount")
            rule.hits = Int(hits ?? 0)
        case "--name":
            name = reader.procName(argument, bytes: RecentMatch.longestName) ?? name
        case "--mask":
            guard let mask = parseNetworkAddress(argument.text, family) else {
                reader.error(
                    "\"\(argument.text)\" is no \(family == .ipv4 ? "IPv4" : "IPv6") mask; names are not resolved",
                    at: argument.range)
                return
            }
            self.mask = mask
        default: break
        }
    }

    /// What the kernel refuses (`recent_mt_check`).
    private func checkTogether(_ reader: inout OptionReader) {
        if rule.reaps, reader.option("--seconds") == nil, let option = reader.option("--reap") {
            reader.error("--reap needs --seconds", at: option.range)
        }
        guard rule.operation == .set || rule.operation == .remove else { return }
        for name in ["--seconds", "--hitcount", "--rttl", "--reap"] {
            guard let option = reader.option(name), name != "--hitcount" || rule.hits > 0 else { continue }
            reader.error("\(name) has no meaning with --\(rule.operation.rawValue)", at: option.range)
        }
    }

    public var condition: Condition {
        let (rule, name, mask) = (rule, name, mask << UInt128(128 - family.bitWidth))
        let details = savedWords.joined(separator: " ")
        return .history(
            HistoryTest(summary: "recent \(details)") { memory in
                let clock = TickClock.shared(memory)
                let table = memory.object("recent \(name)") {
                    RecentTable(mask: mask, clock: clock, ticksPerSecond: memory.ticksPerSecond)
                }
                table.makeRoom(forHits: rule.hits)
                return RecentHistory(rule, table)
            })
    }

    /// In the order of `recent_save`. A number of seconds over 2³¹ comes out negative there.
    public var savedWords: [String] {
        var words = savedOption("--\(rule.operation.rawValue)", isNegated: rule.isNegated)
        if rule.seconds > 0 {
            words += savedOption("--seconds", "\(Int32(truncatingIfNeeded: rule.seconds))")
        }
        if rule.reaps { words.append("--reap") }
        if rule.hits > 0 { words += savedOption("--hitcount", "\(rule.hits)") }
        if rule.comparesHopLimit { words.append("--rttl") }
        words += savedOption("--name", name)
        words += savedOption("--mask", IPAddress(family: family, bits: mask).description)
        return words + [rule.usesDestination ? "--rdest" : "--rsource"]
    }
}
