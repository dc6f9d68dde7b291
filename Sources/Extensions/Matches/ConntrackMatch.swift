import Packets
public import RuleModel

/// `-m conntrack`, revision 3 (extensions/libxt_conntrack.c; `conntrack_mt` in net/netfilter/xt_conntrack.c).
///
/// Without a connection (INVALID, UNTRACKED) only `--ctstate` is tested: with it, nothing else matters; without it,
/// the match fails, however its tests are negated.
public struct ConntrackMatch: Match {
    public static let schema = ExtensionSchema(
        "conntrack",
        options: [
            OptionSpec("--ctstate", negatable: true),
            OptionSpec("--ctproto", negatable: true),
            OptionSpec("--ctorigsrc", negatable: true),
            OptionSpec("--ctorigdst", negatable: true),
            OptionSpec("--ctreplsrc", negatable: true),
            OptionSpec("--ctrepldst", negatable: true),
            OptionSpec("--ctstatus", negatable: true),
            OptionSpec("--ctexpire", negatable: true),
            OptionSpec("--ctorigsrcport", negatable: true),
            OptionSpec("--ctorigdstport", negatable: true),
            OptionSpec("--ctreplsrcport", negatable: true),
            OptionSpec("--ctrepldstport", negatable: true),
            OptionSpec("--ctdir"),
        ])

    private static let addressFields: [(option: String, field: AddressField)] = [
        ("--ctorigsrc", .connectionOriginalSource), ("--ctorigdst", .connectionOriginalDestination),
        ("--ctreplsrc", .connectionReplySource), ("--ctrepldst", .connectionReplyDestination),
    ]
    private static let portFields: [(option: String, field: NumberField)] = [
        ("--ctorigsrcport", .connectionOriginalSourcePort),
        ("--ctorigdstport", .connectionOriginalDestinationPort),
        ("--ctreplsrcport", .connectionReplySourcePort), ("--ctrepldstport", .connectionReplyDestinationPort),
    ]
    private static let statusNames: [(name: String, value: ConnectionStatus)] = [
        ("NONE", []), ("EXPECTED", .expected), ("SEEN_REPLY", .seenReply), ("ASSURED", .assured),
        ("CONFIRMED", .confirmed),
    ]

    private struct Address: Hashable, Sendable {
        var address: UInt128
        var mask: UInt128
    }

    private struct Range: Hashable, Sendable {
        var low: UInt32
        var high: UInt32
        var set: NumberSet { NumberSet(from: low, through: high) }
    }

    private let family: AddressFamily
    private var state: ConnectionStateTest?
    private var transportProtocol: Negatable<IPProtocol>?
    private var addresses: [AddressField: Negatable<Address>] = [:]
    private var ports: [NumberField: Negatable<Range>] = [:]
    private var status: Negatable<UInt32>?
    private var expiry: Negatable<Range>?
    private var isReply: Bool?

    public init?(_ reader: inout OptionReader) {
        family = reader.context.family
        if reader.options.isEmpty {
            reader.error("conntrack needs at least one option", at: reader.nameRange)
        }
        for option in reader.options { read(option, &reader) }
        if reader.hasErrors { return nil }
    }

    private mutating func read(_ option: ParsedOption, _ reader: inout OptionReader) {
        let argument = option.arguments[0]
        switch option.name {
        case "--ctstate":
            state = ConnectionStateTest(option, virtualStates: true, &reader)
        case "--ctproto":
            guard let value = reader.transportProtocol(argument) else { return }
            transportProtocol = Negatable(value, isNegated: option.isNegated)
        case "--ctstatus":
            guard let values = reader.names(argument, among: ConntrackMatch.statusNames, what: "status")
            else { return }
            let bits = values.reduce(into: ConnectionStatus()) { $0.formUnion($1) }
            status = Negatable(bits.rawValue, isNegated: option.isNegated)
        case "--ctexpire":
            guard let (low, high) = reader.numberRange(argument, upTo: .max, what: "a time in seconds") else {
                return
            }
            expiry = Negatable(Range(low: low, high: high), isNegated: option.isNegated)
        case "--ctdir":
            switch argument.text.uppercased() {
            case "ORIGINAL": isReply = false
            case "REPLY": isReply = true
            default: reader.error("a direction is ORIGINAL or REPLY", at: argument.range)
            }
        default:
            if let (_, field) = ConntrackMatch.addressFields.first(where: { $0.option == option.name }) {
                guard let (address, mask) = reader.addressAndMask(argument) else { return }
                addresses[field] = Negatable(
                    Address(address: address, mask: mask), isNegated: option.isNegated)
            }
            if let (_, field) = ConntrackMatch.portFields.first(where: { $0.option == option.name }) {
                guard let (low, high) = reader.portRange(argument, .any) else { return }
                ports[field] = Negatable(
                    Range(low: UInt32(low), high: UInt32(high)), isNegated: option.isNegated)
            }
        }
    }

    public var condition: Condition {
        let rest = connectionConditions
        guard let state else { return .all([.hasConnection] + rest) }
        if rest.isEmpty { return state.condition }
        return .all([state.condition, .any([.not(.hasConnection), .all(rest)])])
    }

    /// What is tested of a connection, in the kernel's order.
    private var connectionConditions: [Condition] {
        var parts: [Condition] = []
        if let isReply { parts.append(.number(.connectionDirection, in: NumberSet(isReply ? 1 : 0))) }
        for (_, field) in ConntrackMatch.addressFields {
            guard let test = addresses[field] else { continue }
            let (address, mask) = (test.value.address, test.value.mask)
            parts.append(
                Condition.address(field, value: address & mask, mask: mask).negated(if: test.isNegated))
        }
        if let test = transportProtocol {
            let number = NumberSet(UInt32(test.value.rawValue))
            parts.append(Condition.number(.connectionProtocol, in: number).negated(if: test.isNegated))
        }
        for (_, field) in ConntrackMatch.portFields {
            guard let test = ports[field] else { continue }
            parts.append(Condition.number(field, in: test.value.set).negated(if: test.isNegated))
        }
        if let status {
            parts.append(
                Condition.anyBit(.connectionStatus, mask: status.value).negated(if: status.isNegated))
        }
        if let expiry {
            parts.append(
                Condition.number(.connectionExpiry, in: expiry.value.set).negated(if: expiry.isNegated))
        }
        return parts
    }

    /// In the order of `conntrack_dump`.
    public var savedWords: [String] {
        var words: [String] = []
        if let state { words += savedOption("--ctstate", state.savedWord, isNegated: state.isNegated) }
        if let test = transportProtocol {
            words += savedOption("--ctproto", "\(test.value.rawValue)", isNegated: test.isNegated)
        }
        for (option, field) in ConntrackMatch.addressFields {
            guard let test = addresses[field] else { continue }
            var text = IPAddress(family: family, bits: test.value.address).description
            if test.value.mask != family.allOnes, let length = prefixLength(ofMask: test.value.mask, family) {
                text += "/\(length)"
            }
            words += savedOption(option, text, isNegated: test.isNegated)
        }
        for (option, field) in ConntrackMatch.portFields {
            guard let test = ports[field] else { continue }
            let text =
                test.value.high == 0 ? "\(test.value.low)" : savedRange(test.value.low, test.value.high)
            words += savedOption(option, text, isNegated: test.isNegated)
        }
        if let status {
            let names = ConntrackMatch.statusNames.filter { status.value & $0.value.rawValue != 0 }.map(
                \.name)
            let text = names.isEmpty ? "NONE" : names.joined(separator: ",")
            words += savedOption("--ctstatus", text, isNegated: status.isNegated)
        }
        if let expiry {
            words += savedOption(
                "--ctexpire", savedRange(expiry.value.low, expiry.value.high), isNegated: expiry.isNegated)
        }
        if let isReply { words += savedOption("--ctdir", isReply ? "REPLY" : "ORIGINAL") }
        return words
    }
}
