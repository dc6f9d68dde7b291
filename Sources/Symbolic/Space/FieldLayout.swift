internal import Packets
internal import RuleModel

/// Which variables a space has, and in which order they are asked.
///
/// The order decides how large diagrams grow. First come the facts and small fields that split packets into few
/// classes (what header there is, interfaces, state, protocol), then the addresses and ports, those first that most
/// rules test: what a rule doesn't test is copied for each value of what was asked before it. Fields that rules seldom
/// test are last; what is found to be needed while rules are read (answers of histories) is appended behind them.
struct FieldLayout {
    private(set) var levels: [Field: Range<UInt32>] = [:]
    /// In the order of levels.
    private(set) var fields: [Field] = []
    private(set) var count: UInt32 = 0

    init(_ family: AddressFamily, interfaceBits: Int, uses: FieldUses) {
        append(.fact(.laterFragment), 1)
        append(.fact(.transportHeader), 1)
        append(.fact(.ports), 1)
        append(.fact(.brokenChain), 1)
        append(.interface(.input), interfaceBits)
        append(.interface(.output), interfaceBits)
        append(.number(.connectionState), NumberField.connectionState.width(family))
        append(.number(.transportProtocol), NumberField.transportProtocol.width(family))
        let large: [Field] = [
            .address(.destination), .number(.destinationPort), .address(.source), .number(.sourcePort),
        ]
        let sorted = large.enumerated().sorted {
            let (one, other) = (uses.count($0.element), uses.count($1.element))
            return one != other ? one > other : $0.offset < $1.offset
        }
        for (_, field) in sorted { append(field, width(of: field, family)) }
        for field: NumberField in [.tcpFlags, .icmpType, .icmpCode, .mark, .hopLimit, .length, .trafficClass]
        {
            append(.number(field), field.width(family))
        }
        append(.number(.packetType), NumberField.packetType.width(family))
        append(.number(.linkAddresses), 1)
        append(.sourceMAC, 48)
        append(.fact(.readableTCPOptions), 1)
        append(.fact(.maximumSegmentSize), 1)
        for field in NumberField.allCases where levels[.number(field)] == nil {
            append(.number(field), field.width(family))
        }
        for field in AddressField.allCases where levels[.address(field)] == nil {
            append(.address(field), family.bitWidth)
        }
    }

    private func width(of field: Field, _ family: AddressFamily) -> Int {
        if case .number(let number) = field { return number.width(family) }
        return family.bitWidth
    }

    private mutating func append(_ field: Field, _ width: Int) {
        fields.append(field)
        levels[field] = count..<count + UInt32(width)
        count += UInt32(width)
    }

    subscript(_ field: Field) -> Range<UInt32> {
        guard let range = levels[field] else { preconditionFailure("every field has its variables") }
        return range
    }

    /// Makes room for what isn't a field.
    mutating func appendVariables(_ width: Int) -> Range<UInt32> {
        defer { count += UInt32(width) }
        return count..<count + UInt32(width)
    }
}

/// How often rules test which field, and which interfaces they name.
struct FieldUses {
    private var counts: [Field: Int] = [:]
    private(set) var patterns: Set<InterfacePattern> = []

    func count(_ field: Field) -> Int { counts[field, default: 0] }

    mutating func add(_ condition: Condition) {
        switch condition {
        case .not(let inner): add(inner)
        case .all(let parts), .any(let parts): for part in parts { add(part) }
        case .number(let field, in: _), .bits(let field, mask: _, value: _), .anyBit(let field, mask: _):
            counts[.number(field), default: 0] += 1
        // An address under a mask of zeros is every address.
        case .address(let field, value: _, let mask):
            if mask != 0 { counts[.address(field), default: 0] += 1 }
        case .addressRange(let field, _): counts[.address(field), default: 0] += 1
        case .interface(_, let pattern): patterns.insert(pattern)
        case .always, .addressType, .sourceMAC, .header, .tcpOption, .hasConnection, .packet,
            .fact, .history, .reversePath:
            break
        }
    }
}
