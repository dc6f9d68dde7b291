import Packets
public import RuleModel

/// `-m srh` of ip6tables, revision 1 (extensions/libip6t_srh.c; net/ipv6/netfilter/ip6t_srh.c; RFC 8754): a segment
/// routing header that is there whole and whose segments left are no more than its last entry. Unlike its neighbours it
/// drops no packet whose headers break off.
public struct SegmentRoutingMatch: Match {
    private enum Field: Int, Sendable {
        case nextHeader = 0
        case length = 1
        case segmentsLeft = 3
        case lastEntry = 4
        case tag = 6
        case previousSegment, nextSegment, lastSegment
    }

    private enum Comparison: Sendable {
        case equal, greater, less
    }

    /// In the order of `srh1_save`.
    private static let tests: [(option: String, field: Field, comparison: Comparison)] = [
        ("--srh-next-hdr", .nextHeader, .equal),
        ("--srh-hdr-len-eq", .length, .equal), ("--srh-hdr-len-gt", .length, .greater),
        ("--srh-hdr-len-lt", .length, .less),
        ("--srh-segs-left-eq", .segmentsLeft, .equal), ("--srh-segs-left-gt", .segmentsLeft, .greater),
        ("--srh-segs-left-lt", .segmentsLeft, .less),
        ("--srh-last-entry-eq", .lastEntry, .equal), ("--srh-last-entry-gt", .lastEntry, .greater),
        ("--srh-last-entry-lt", .lastEntry, .less),
        ("--srh-tag", .tag, .equal),
        ("--srh-psid", .previousSegment, .equal), ("--srh-nsid", .nextSegment, .equal),
        ("--srh-lsid", .lastSegment, .equal),
    ]

    public static let schema = ExtensionSchema(
        "srh", families: [.ipv6], options: tests.map { OptionSpec($0.option, negatable: true) })

    /// A number, or an address with its mask.
    private struct Value: Hashable, Sendable {
        var bits: UInt128
        var mask: UInt128
    }

    private struct Step: Sendable {
        var field: Field
        var comparison: Comparison
        var value: Value
        var isNegated: Bool
    }

    /// By place in `tests`.
    private var values: [Int: Negatable<Value>] = [:]

    public init?(_ reader: inout OptionReader) {
        // The options of one field share the place of its number, which the last of them fills.
        var shared: [Field: UInt128] = [:]
        for option in reader.options {
            guard let place = SegmentRoutingMatch.tests.firstIndex(where: { $0.option == option.name }) else {
                continue
            }
            let field = SegmentRoutingMatch.tests[place].field
            let argument = option.arguments[0]
            let value: Value
            switch field {
            case .previousSegment, .nextSegment, .lastSegment:
                guard let (address, mask) = reader.addressAndMask(argument) else { return nil }
                value = Value(bits: address, mask: mask)
            default:
                let maximum: UInt64 = field == .tag ? 0xffff : 0xff
                guard let number = reader.number(argument, in: 0...maximum, what: "a number of the header")
                else {
                    return nil
                }
                if let other = shared[field], other != UInt128(number) {
                    reader.warning("iptables compares with one number only, \(number)", at: option.range)
                }
                shared[field] = UInt128(number)
                value = Value(bits: UInt128(number), mask: .max)
            }
            values[place] = Negatable(value, isNegated: option.isNegated)
        }
        for (place, value) in values {
            guard let number = shared[SegmentRoutingMatch.tests[place].field] else { continue }
            values[place] = Negatable(Value(bits: number, mask: .max), isNegated: value.isNegated)
        }
    }

    public var condition: Condition {
        let steps = SegmentRoutingMatch.tests.indices.compactMap { place in
            values[place].map {
                Step(
                    field: SegmentRoutingMatch.tests[place].field,
                    comparison: SegmentRoutingMatch.tests[place].comparison, value: $0.value,
                    isNegated: $0.isNegated)
            }
        }
        let summary = (["segment routing header"] + savedWords).joined(separator: " ")
        return .packet(
            PacketTest(summary: summary) { context, bytes in
                let ip = IPBytes(context.packet, bytes)
                guard case .found(let offset) = ip.find(ExtensionHeader.routing, bytes),
                    ip.uint16(at: offset + 6, bytes) != nil,
                    let length = ip.byte(at: offset + 1, bytes), ip.length - offset >= (Int(length) + 1) * 8,
                    ip.byte(at: offset + 2, bytes) == 4,
                    let segmentsLeft = ip.byte(at: offset + 3, bytes),
                    let lastEntry = ip.byte(at: offset + 4, bytes), segmentsLeft <= lastEntry
                else { return .fails }
                return TestAnswer(
                    steps.allSatisfy {
                        SegmentRoutingMatch.passes($0, ip, offset, Int(segmentsLeft), Int(lastEntry), bytes)
                    })
            })
    }

    private static func passes(
        _ step: Step, _ ip: IPBytes, _ offset: Int, _ segmentsLeft: Int, _ lastEntry: Int, _ bytes: RawSpan
    ) -> Bool {
        func segment(_ index: Int) -> UInt128? { ip.uint128(at: offset + 8 + 16 * index, bytes) }
        let found: UInt128?
        switch step.field {
        case .nextHeader, .length, .segmentsLeft, .lastEntry:
            found = ip.byte(at: offset + step.field.rawValue, bytes).map { UInt128($0) }
        // The kernel compares the bytes of the packet with those of a number of a little-endian machine.
        case .tag: found = ip.uint16(at: offset + 6, bytes).map { UInt128($0.byteSwapped) }
        case .previousSegment: found = segmentsLeft == lastEntry ? nil : segment(segmentsLeft + 1)
        case .nextSegment: found = segmentsLeft == 0 ? nil : segment(segmentsLeft - 1)
        case .lastSegment: found = segment(0)
        }
        guard let found else { return false }
        let holds =
            switch step.comparison {
            case .equal: (found ^ step.value.bits) & step.value.mask == 0
            case .greater: found > step.value.bits
            case .less: found < step.value.bits
            }
        return holds != step.isNegated
    }

    public var savedWords: [String] {
        SegmentRoutingMatch.tests.indices.flatMap { place -> [String] in
            guard let value = values[place] else { return [] }
            let (option, field, _) = SegmentRoutingMatch.tests[place]
            var text = "\(value.value.bits)"
            switch field {
            case .previousSegment, .nextSegment, .lastSegment:
                let length = prefixLength(ofMask: value.value.mask, .ipv6) ?? 128
                text = "\(IPAddress.v6(value.value.bits))/\(length)"
            default: break
            }
            return savedOption(option, text, isNegated: value.isNegated)
        }
    }
}
