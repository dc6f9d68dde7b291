import Packets
public import RuleModel

/// `-m tcp` (extensions/libxt_tcp.c; `tcp_mt` in net/netfilter/xt_tcpudp.c).
public struct TCPMatch: Match {
    public static let schema = ExtensionSchema(
        "tcp", protocols: [.tcp],
        options: [
            OptionSpec("--source-port", aliases: ["--sport"], negatable: true),
            OptionSpec("--destination-port", aliases: ["--dport"], negatable: true),
            OptionSpec("--syn", argument: .none, negatable: true),
            OptionSpec("--tcp-flags", argument: .two, negatable: true),
            OptionSpec("--tcp-option", negatable: true),
        ])

    private var source = PortTest()
    private var destination = PortTest()
    private var flags = FlagTest()
    /// The option's kind, from 1.
    private var option: UInt8?
    private var isOptionNegated = false

    /// `flags & mask == value`.
    private struct FlagTest: Sendable {
        var mask: UInt8 = 0
        var value: UInt8 = 0
        var isNegated = false
    }

    public init?(_ reader: inout OptionReader) {
        if let option = reader.option("--source-port") {
            guard let test = TCPMatch.portTest(option, &reader) else { return nil }
            source = test
        }
        if let option = reader.option("--destination-port") {
            guard let test = TCPMatch.portTest(option, &reader) else { return nil }
            destination = test
        }
        if let option = reader.atMostOne(of: ["--syn", "--tcp-flags"]) {
            guard let test = TCPMatch.flagTest(option, &reader) else { return nil }
            flags = test
        }
        if let option = reader.option("--tcp-option") {
            guard let kind = reader.number(option.arguments[0], in: 1...255, what: "a TCP option") else {
                return nil
            }
            self.option = UInt8(kind)
            isOptionNegated = option.isNegated
        }
        if reader.hasErrors { return nil }
    }

    /// Whether it takes no segment without SYN (`find_syn_match` in net/netfilter/xt_TCPMSS.c).
    var demandsSYN: Bool { flags.value & 0x02 != 0 && !flags.isNegated }

    public var condition: Condition {
        var parts: [Condition] = [.header(.tcp)]
        parts += source.conditions(.sourcePort)
        parts += destination.conditions(.destinationPort)
        if flags.mask != 0 || flags.value != 0 || flags.isNegated {
            parts.append(
                .bits(.tcpFlags, mask: UInt32(flags.mask), value: UInt32(flags.value)).negated(
                    if: flags.isNegated))
        }
        if let option { parts.append(.tcpOption(kind: option).negated(if: isOptionNegated)) }
        return .all(parts)
    }

    /// `add_nft_tcp`: without a test, and with one of an option, it stays what it is.
    public var nftCondition: Condition {
        let testsFlags = flags.mask != 0 || flags.value != 0 || flags.isNegated
        guard option == nil, source.isTest || destination.isTest || testsFlags else { return condition }
        var parts: [Condition] = []
        if flags.mask != 0 {
            parts.append(
                NativeHeaderTest.flags(mask: flags.mask, value: flags.value, isNegated: flags.isNegated))
        }
        parts += NativeHeaderTest.port(source, .sourcePort, at: 0)
        parts += NativeHeaderTest.port(destination, .destinationPort, at: 2)
        return .all(parts)
    }

    public var savedWords: [String] {
        var words = source.savedWords("--sport") + destination.savedWords("--dport")
        if let option { words += savedOption("--tcp-option", "\(option)", isNegated: isOptionNegated) }
        if flags.mask != 0 || flags.isNegated {
            words += savedOption(
                "--tcp-flags", TCPMatch.flagNames(flags.mask), TCPMatch.flagNames(flags.value),
                isNegated: flags.isNegated)
        }
        return words
    }

    private static func portTest(_ option: ParsedOption, _ reader: inout OptionReader) -> PortTest? {
        let argument = option.arguments[0]
        guard let (low, high) = reader.portRange(argument, .ofProtocol(.tcp), mayBeReversed: false) else {
            return nil
        }
        return PortTest(low: low, high: high, isNegated: option.isNegated)
    }

    private static func flagTest(_ option: ParsedOption, _ reader: inout OptionReader) -> FlagTest? {
        guard option.name == "--tcp-flags" else {
            let mask: TCPFlags = [.fin, .syn, .rst, .ack]
            return FlagTest(mask: mask.rawValue, value: TCPFlags.syn.rawValue, isNegated: option.isNegated)
        }
        if let first = option.arguments[1].text.utf8.first,
            first == UInt8(ascii: "-") || first == UInt8(ascii: "!")
        {
            reader.error(
                "--tcp-flags needs two lists: those to look at, and those to be set", at: option.range)
            return nil
        }
        guard let mask = flags(option.arguments[0], &reader), let value = flags(option.arguments[1], &reader)
        else {
            return nil
        }
        if value & ~mask != 0 {
            reader.warning(
                "a flag is to be set that isn't looked at, so no packet has them all",
                at: option.arguments[1].range)
        }
        return FlagTest(mask: mask, value: value, isNegated: option.isNegated)
    }

    private static let names: [(name: String, bits: UInt8)] = [
        ("FIN", 0x01), ("SYN", 0x02), ("RST", 0x04), ("PSH", 0x08), ("ACK", 0x10), ("URG", 0x20),
        ("ALL", 0x3f),
        ("NONE", 0),
    ]

    private static func flags(_ argument: Argument, _ reader: inout OptionReader) -> UInt8? {
        var bits: UInt8 = 0
        for piece in argument.pieces(separator: ",") where !piece.text.isEmpty {
            guard let flag = names.first(where: { $0.name == piece.text.uppercased() }) else {
                reader.error(
                    "unknown TCP flag \"\(piece.text)\"; there is \(names.map(\.name).joined(separator: ", "))",
                    at: piece.range)
                return nil
            }
            bits |= flag.bits
        }
        return bits
    }

    private static func flagNames(_ bits: UInt8) -> String {
        let set = names.filter { $0.bits.nonzeroBitCount == 1 && bits & $0.bits != 0 }
        return set.isEmpty ? "NONE" : set.map(\.name).joined(separator: ",")
    }
}
