import Packets
public import RuleModel

/// `-m mh` of ip6tables (extensions/libip6t_mh.c; net/ipv6/netfilter/ip6t_mh.c; RFC 6275, 6.1).
public struct MobilityHeaderMatch: Match {
    public static let schema = ExtensionSchema(
        "mh", families: [.ipv6], protocols: [IPProtocol(rawValue: 135)],
        options: [OptionSpec("--mh-type", negatable: true)])

    private static let names: [(name: String, type: UInt8)] = [
        ("binding-refresh-request", 0), ("brr", 0), ("home-test-init", 1), ("hoti", 1),
        ("careof-test-init", 2), ("coti", 2), ("home-test", 3), ("hot", 3), ("careof-test", 4), ("cot", 4),
        ("binding-update", 5), ("bu", 5), ("binding-acknowledgement", 6), ("ba", 6), ("binding-error", 7),
        ("be", 7),
    ]

    private var low: UInt8 = 0
    private var high: UInt8 = .max
    private var isNegated = false

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--mh-type") else { return }
        let argument = option.arguments[0]
        let ends = argument.pieces(separator: ":")
        guard ends.count <= 2 else {
            reader.error("a range is two types with a colon between", at: ends[2].range)
            return nil
        }
        let isRange = ends.count == 2
        guard let low = isRange && ends[0].text.isEmpty ? 0 : MobilityHeaderMatch.type(ends[0], &reader),
            let high = !isRange
                ? low : ends[1].text.isEmpty ? .max : MobilityHeaderMatch.type(ends[1], &reader)
        else { return nil }
        guard low <= high else {
            reader.error("the first type of a range must not be greater than the second", at: argument.range)
            return nil
        }
        self.low = low
        self.high = high
        isNegated = option.isNegated
    }

    /// `name_to_type`: of the names that begin so the first, unless a later one is the whole word.
    private static func type(_ argument: Argument, _ reader: inout OptionReader) -> UInt8? {
        let found = names.filter { $0.name.hasPrefix(ignoringCase: argument.text) }
        if let name = found.last(where: { $0.name.utf8.count == argument.text.utf8.count }) ?? found.first {
            return name.type
        }
        if let number = parseNumber(argument.text).flatMap(UInt8.init(exactly:)) { return number }
        reader.error(
            "\"\(argument.text)\" is no type of mobility header; there is 0 to 255 and "
                + names.map(\.name).joined(separator: ", "), at: argument.range)
        return nil
    }

    public var condition: Condition {
        let valid = PacketTest(summary: "mobility header without payload") { context, bytes in
            let ip = IPBytes(context.packet, bytes)
            return ip.byte(at: ip.transportOffset, bytes) == ExtensionHeader.noNext ? .holds : .hotdrop
        }
        let test = PacketTest(summary: "mobility header of type \(savedRange(low, high))") {
            [low, high] context, bytes in
            let ip = IPBytes(context.packet, bytes)
            guard let type = ip.byte(at: ip.transportOffset + 2, bytes) else { return .hotdrop }
            return TestAnswer(type >= low && type <= high)
        }
        return .all([
            .upperHeader("mobility", length: 6), .packet(valid),
            Condition.packet(test).negated(if: isNegated),
        ])
    }

    public var savedWords: [String] {
        low == 0 && high == .max ? [] : savedOption("--mh-type", savedRange(low, high), isNegated: isNegated)
    }
}
