import Packets
public import RuleModel

/// `-m hashlimit`, revision 3 (extensions/libxt_hashlimit.c; net/netfilter/xt_hashlimit.c).
public struct HashlimitMatch: Match {
    public static let schema = ExtensionSchema(
        "hashlimit",
        options: [
            OptionSpec("--hashlimit-upto", aliases: ["--hashlimit"], negatable: true),
            OptionSpec("--hashlimit-above", negatable: true),
            OptionSpec("--hashlimit-srcmask"), OptionSpec("--hashlimit-dstmask"),
            OptionSpec("--hashlimit-burst"), OptionSpec("--hashlimit-htable-size"),
            OptionSpec("--hashlimit-htable-max"), OptionSpec("--hashlimit-htable-gcinterval"),
            OptionSpec("--hashlimit-htable-expire"), OptionSpec("--hashlimit-mode"),
            OptionSpec("--hashlimit-name", required: true),
            OptionSpec("--hashlimit-rate-match", argument: .none), OptionSpec("--hashlimit-rate-interval"),
        ])

    /// `NAME_MAX`, without the zero behind the name.
    private static let longestName = 254
    /// `HASHLIMIT_MAX_SIZE`
    private static let largestTable: UInt64 = 1_048_576
    private static let defaultCollection: UInt32 = 1000

    private let family: AddressFamily
    private var setup: HashlimitSetup
    private let isAbove: Bool
    private var name = ""
    /// As it was written; 0 lets the kernel choose.
    private var size: UInt32 = 0
    private var most: UInt32 = 0

    public init?(_ reader: inout OptionReader) {
        family = reader.context.family
        guard let option = reader.exactlyOne(of: ["--hashlimit-upto", "--hashlimit-above"]),
            let written = HashlimitRate.Written(option.arguments[0], &reader),
            let burst = HashlimitRate.Burst(reader.option("--hashlimit-burst"), written, &reader)
        else { return nil }
        isAbove = (option.name == "--hashlimit-above") != option.isNegated
        var rate = HashlimitRate(unit: written.unit, average: written.average, burst: burst.value)
        if reader.option("--hashlimit-rate-match") != nil {
            // A rate of packets is made one a second, and the interval keeps the unit.
            if written.unit == .packets { rate.average /= UInt64(written.seconds) }
            rate.interval = written.unit == .packets ? written.seconds : 1
        }
        setup = HashlimitSetup(
            rate: rate, sourceLength: family.bitWidth, destinationLength: family.bitWidth,
            expiry: burst.isGivenInBytes ? HashlimitRate.burstExpiry : written.seconds * 1000)
        for option in reader.options { read(option, &reader) }
        if let fault = setup.rate.fault {
            reader.error(fault, at: option.range)
        }
        if reader.hasErrors { return nil }
        let chosen = size == 0 ? HashlimitSetup.defaultSize : size
        setup.mostEntries = Int(most == 0 ? 8 * chosen : max(most, chosen))
    }

    private mutating func read(_ option: ParsedOption, _ reader: inout OptionReader) {
        guard let argument = option.arguments.first else { return }
        func number(_ range: ClosedRange<UInt64>, _ what: String) -> UInt32? {
            reader.number(argument, in: range, what: what).map(UInt32.init)
        }
        let any: ClosedRange<UInt64> = 0...UInt64(UInt32.max)
        let positive: ClosedRange<UInt64> = 1...UInt64(UInt32.max)
        switch option.name {
        case "--hashlimit-name":
            name = reader.procName(argument, bytes: HashlimitMatch.longestName) ?? name
        case "--hashlimit-mode": readMode(argument, &reader)
        case "--hashlimit-srcmask":
            setup.sourceLength = reader.maskLength(argument, otherwise: nil) ?? setup.sourceLength
        case "--hashlimit-dstmask":
            setup.destinationLength = reader.maskLength(argument, otherwise: nil) ?? setup.destinationLength
        case "--hashlimit-htable-size":
            size = number(any, "a table's size").map(HashlimitMatch.capped) ?? size
        case "--hashlimit-htable-max": most = number(any, "a table's size").map(HashlimitMatch.capped) ?? most
        case "--hashlimit-htable-gcinterval":
            setup.collection = number(positive, "a time in milliseconds") ?? setup.collection
        case "--hashlimit-htable-expire":
            setup.expiry = number(positive, "a time in milliseconds") ?? setup.expiry
        case "--hashlimit-rate-interval":
            let seconds = Int32(truncatingIfNeeded: leadingInteger(argument.text))
            if seconds <= 0 {
                reader.error("an interval is a number of seconds greater than 0", at: argument.range)
            } else if setup.rate.interval != nil {
                setup.rate.interval = UInt32(seconds)
            }
        default: break
        }
    }

    private static func capped(_ size: UInt32) -> UInt32 { min(size, UInt32(largestTable)) }

    /// `parse_mode`
    private mutating func readMode(_ argument: Argument, _ reader: inout OptionReader) {
        for word in argument.text.split(whereSeparator: { $0 == "," || $0 == "|" }) {
            switch word {
            case "srcip": setup.mode.insert(.source)
            case "srcport": setup.mode.insert(.sourcePort)
            case "dstip": setup.mode.insert(.destination)
            case "dstport": setup.mode.insert(.destinationPort)
            default:
                reader.error(
                    "a mode is any of srcip, srcport, dstip and dstport, with commas between",
                    at: argument.range)
                return
            }
        }
    }

    public var condition: Condition {
        let (setup, name, family, isAbove) = (setup, name, family, isAbove)
        let summary = "hashlimit " + savedWords.joined(separator: " ")
        return Condition.history(
            HistoryTest(summary: summary) { memory in
                let table = memory.object("hashlimit \(family == .ipv4 ? "ipv4" : "ipv6") \(name)") {
                    HashlimitTable(
                        setup, family: family, clock: .shared(memory), ticksPerSecond: memory.ticksPerSecond)
                }
                return HashlimitHistory(setup.rate, isAbove: isAbove, table)
            })
    }

    /// In the order of `hashlimit_mt_save`.
    public var savedWords: [String] {
        let rate = setup.rate
        var words = savedOption(isAbove ? "--hashlimit-above" : "--hashlimit-upto", rate.saved)
        if let burst = rate.savedBurst { words += savedOption("--hashlimit-burst", burst) }
        let modes: [(HashlimitSetup.Mode, String)] = [
            (.source, "srcip"), (.sourcePort, "srcport"), (.destination, "dstip"),
            (.destinationPort, "dstport"),
        ]
        let mode = modes.filter { setup.mode.contains($0.0) }.map(\.1).joined(separator: ",")
        if !mode.isEmpty { words += savedOption("--hashlimit-mode", mode) }
        words += savedOption("--hashlimit-name", name)
        if size != 0 { words += savedOption("--hashlimit-htable-size", "\(size)") }
        if most != 0 { words += savedOption("--hashlimit-htable-max", "\(most)") }
        if setup.collection != HashlimitMatch.defaultCollection {
            words += savedOption("--hashlimit-htable-gcinterval", "\(setup.collection)")
        }
        if setup.expiry != rate.savedExpiry {
            words += savedOption("--hashlimit-htable-expire", "\(setup.expiry)")
        }
        if setup.sourceLength != family.bitWidth {
            words += savedOption("--hashlimit-srcmask", "\(setup.sourceLength)")
        }
        if setup.destinationLength != family.bitWidth {
            words += savedOption("--hashlimit-dstmask", "\(setup.destinationLength)")
        }
        if let interval = rate.interval {
            words.append("--hashlimit-rate-match")
            if interval != 1 { words += savedOption("--hashlimit-rate-interval", "\(interval)") }
        }
        return words
    }
}
