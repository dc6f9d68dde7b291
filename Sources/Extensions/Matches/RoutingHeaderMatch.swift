import Packets
public import RuleModel

/// `-m rt` of ip6tables (extensions/libip6t_rt.c; net/ipv6/netfilter/ip6t_rt.c).
public struct RoutingHeaderMatch: Match {
    public static let schema = ExtensionSchema(
        "rt", families: [.ipv6],
        options: [
            OptionSpec("--rt-type", negatable: true),
            OptionSpec("--rt-segsleft", negatable: true),
            OptionSpec("--rt-len", negatable: true),
            OptionSpec("--rt-0-res", argument: .none),
            OptionSpec("--rt-0-addrs"),
            OptionSpec("--rt-0-not-strict", argument: .none),
        ])

    /// `IP6T_RT_HOPS`
    private static let capacity = 16

    private struct Test: Sendable {
        var type: Negatable<UInt32>?
        var low: UInt32 = 0
        var high: UInt32 = .max
        var isSegmentsNegated = false
        /// In bytes.
        var length: Negatable<UInt32>?
        var reservedIsZero = false
        var addresses: [UInt128]?
        /// Whether other addresses may be between those in `addresses`, and behind them.
        var isLoose = false
    }

    private var test = Test()

    public init?(_ reader: inout OptionReader) {
        test.type = RoutingHeaderMatch.number("--rt-type", "a routing header's type", &reader)
        test.length = RoutingHeaderMatch.number("--rt-len", "a header's length", &reader)
        if let option = reader.option("--rt-segsleft") {
            let argument = option.arguments[0]
            guard let (low, high) = reader.numberRange(argument, upTo: .max, what: "a number of segments")
            else {
                return nil
            }
            if low > high {
                reader.warning("this range is the wrong way round and holds no number", at: argument.range)
            }
            (test.low, test.high, test.isSegmentsNegated) = (low, high, option.isNegated)
        }
        if reader.option("--rt-0-res") != nil {
            RoutingHeaderMatch.demand("--rt-type", before: "--rt-0-res", &reader)
            test.reservedIsZero = true
        }
        if let option = reader.option("--rt-0-addrs") {
            RoutingHeaderMatch.demand("--rt-type", before: "--rt-0-addrs", &reader)
            test.addresses = RoutingHeaderMatch.addresses(option.arguments[0], &reader)
        }
        if reader.option("--rt-0-not-strict") != nil {
            RoutingHeaderMatch.demand("--rt-0-addrs", before: "--rt-0-not-strict", &reader)
            test.isLoose = true
        }
        if reader.hasErrors { return nil }
    }

    private static func number(
        _ name: String, _ what: String, _ reader: inout OptionReader
    ) -> Negatable<UInt32>? {
        guard let option = reader.option(name),
            let number = reader.number(option.arguments[0], in: 0...UInt64(UInt32.max), what: what)
        else { return nil }
        return Negatable(UInt32(number), isNegated: option.isNegated)
    }

    /// What iptables asks of the options before, while it reads them one by one.
    private static func demand(_ needed: String, before name: String, _ reader: inout OptionReader) {
        guard let place = reader.options.firstIndex(where: { $0.name == name }) else { return }
        let option = reader.options[place]
        let found = reader.options[..<place].first { $0.name == needed }
        if needed == "--rt-type" {
            guard let found, !found.isNegated, parseNumber(found.arguments[0].text) == 0 else {
                reader.error("--rt-type 0 must stand before \(name)", at: option.range)
                return
            }
        } else if found == nil {
            reader.error("\(needed) must stand before \(name)", at: option.range)
        }
    }

    private static func addresses(_ argument: Argument, _ reader: inout OptionReader) -> [UInt128]? {
        var addresses: [UInt128] = []
        for piece in argument.pieces(separator: ",") {
            guard addresses.count < capacity else {
                reader.error("at most \(capacity) addresses", at: piece.range)
                return nil
            }
            guard let address = IPAddress(piece.text), address.family == .ipv6 else {
                reader.error("\"\(piece.text)\" is no IPv6 address", at: piece.range)
                return nil
            }
            addresses.append(address.bits)
        }
        return addresses
    }

    public var condition: Condition {
        let summary =
            (["routing header"] + savedWords).joined(separator: " ")
            + (test.isSegmentsNegated && test.low == 0 && test.high == .max
                ? " with no number of segments" : "")
        return .extensionHeader(summary, ExtensionHeader.routing, needed: 4) {
            [test] ip, offset, length, bytes in
            guard let type = ip.byte(at: offset + 2, bytes), let segments = ip.byte(at: offset + 3, bytes)
            else {
                return .hotdrop
            }
            let isInRange = UInt32(segments) >= test.low && UInt32(segments) <= test.high
            var holds = isInRange != test.isSegmentsNegated
            if let wanted = test.length {
                holds = holds && (wanted.value == UInt32(length)) != wanted.isNegated
            }
            if let wanted = test.type { holds = holds && (wanted.value == UInt32(type)) != wanted.isNegated }
            if holds, test.reservedIsZero {
                guard let reserved = ip.uint32(at: offset + 4, bytes) else { return .hotdrop }
                holds = reserved == 0
            }
            guard let wanted = test.addresses else { return TestAnswer(holds) }
            let count = (length - 8) / 16
            guard wanted.count <= count else { return .fails }
            var matched = 0
            for index in 0..<count where matched < wanted.count {
                guard let address = ip.uint128(at: offset + 8 + 16 * index, bytes) else { return .hotdrop }
                if address == wanted[matched] {
                    matched += 1
                } else if !test.isLoose {
                    break
                }
            }
            return TestAnswer(holds && matched == wanted.count && (test.isLoose || matched == count))
        }
    }

    public var savedWords: [String] {
        var words: [String] = []
        if let type = test.type {
            words += savedOption("--rt-type", "\(type.value)", isNegated: type.isNegated)
        }
        if test.low != 0 || test.high != .max {
            words += savedOption(
                "--rt-segsleft", savedRange(test.low, test.high), isNegated: test.isSegmentsNegated)
        }
        if let length = test.length {
            words += savedOption("--rt-len", "\(length.value)", isNegated: length.isNegated)
        }
        if test.reservedIsZero { words.append("--rt-0-res") }
        if let addresses = test.addresses {
            let list = addresses.map { IPAddress.v6($0).description }.joined(separator: ",")
            words += savedOption("--rt-0-addrs", list)
        }
        if test.isLoose { words.append("--rt-0-not-strict") }
        return words
    }
}
