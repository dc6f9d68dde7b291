import Packets
import RuleModel

/// The values of facets in an engineer's words.
struct FacetWords {
    private let space: PacketSpace

    init(_ space: PacketSpace) { self.space = space }

    private static let order = [
        "proto", "src", "dst", "sport", "dport", "icmp-type", "flags", "in", "out", "state", "mark", "length", "ttl",
        "tos",
    ]

    static func rank(_ field: String) -> Int { order.firstIndex(of: field) ?? order.count }

    func terms(_ facet: Facet, _ values: Diagram) -> [HeaderSet.Term] {
        func term(_ field: String, _ name: (ClosedRange<UInt128>) -> [String]) -> [HeaderSet.Term] {
            [HeaderSet.Term(field: field, values: list(facet, values, name))]
        }
        let family = space.family
        switch facet.kind {
        case .transportProtocol:
            return term("proto") { range in
                FacetWords.each(range) { IPProtocol(rawValue: UInt8($0)).description }
            }
        case .source: return term("src") { AddressBlocks(range: $0, family: family).texts }
        case .destination: return term("dst") { AddressBlocks(range: $0, family: family).texts }
        case .sourcePort: return term("sport", FacetWords.numbers)
        case .destinationPort: return term("dport", FacetWords.numbers)
        case .length: return term("length", FacetWords.numbers)
        case .hopLimit: return term("ttl", FacetWords.numbers)
        case .trafficClass: return term("tos", FacetWords.numbers)
        case .icmp: return term("icmp-type", icmp)
        case .state:
            return term("state") { range in
                FacetWords.each(range) { ConnectionState(rawValue: UInt8($0))?.name ?? "\($0)" }
            }
        case .input: return [HeaderSet.Term(field: "in", values: interfaces(facet, values))]
        case .output: return [HeaderSet.Term(field: "out", values: interfaces(facet, values))]
        case .flags: return [HeaderSet.Term(field: "flags", values: flags(facet, values))]
        case .mark: return [HeaderSet.Term(field: "mark", values: bits(facet, values))]
        case .header: return [HeaderSet.Term(field: header(values), values: "")]
        case .other(let name): return [other(name, facet, values)]
        }
    }

    // MARK: Lists

    /// Of the values, or of the others if those are fewer.
    private func list(
        _ facet: Facet, _ values: Diagram, _ name: (ClosedRange<UInt128>) -> [String]
    ) -> String {
        guard let levels = facet.run else { return "certain values" }
        let limit = 64
        let these = space.store.ranges(levels, of: values, limit: limit)
        let others = space.store.ranges(levels, of: !values, limit: limit)
        let wins = (others?.count ?? .max) < (these?.count ?? .max)
        guard let ranges = wins ? others : these else { return "certain values" }
        let texts = ranges.flatMap(name)
        if texts.isEmpty { return wins ? "any" : "none" }
        return (wins ? "not " : "") + texts.joined(separator: ",")
    }

    private static func numbers(_ range: ClosedRange<UInt128>) -> [String] {
        [range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"]
    }

    /// A name for each number of a short range.
    private static func each(_ range: ClosedRange<UInt128>, _ name: (UInt128) -> String) -> [String] {
        range.upperBound - range.lowerBound < 8 ? range.map(name) : numbers(range)
    }

    /// Types and codes as one number of 16 bits.
    private func icmp(_ range: ClosedRange<UInt128>) -> [String] {
        var texts: [String] = []
        let family = space.family
        for type in range.lowerBound >> 8...range.upperBound >> 8 {
            let low = type == range.lowerBound >> 8 ? range.lowerBound & 255 : 0
            let high = type == range.upperBound >> 8 ? range.upperBound & 255 : 255
            let name = ICMPTypeNames.all(family).first { candidate in
                candidate.type == UInt8(type) && UInt128(candidate.codes.lowerBound) == low
                    && UInt128(candidate.codes.upperBound) == high && candidate.name != "any"
            }
            let codes = low == 0 && high == 255 ? "" : low == high ? "/\(low)" : "/\(low)-\(high)"
            texts.append(name?.name ?? "\(type)\(codes)")
            if texts.count == 8, type < range.upperBound >> 8 {
                return texts + ["\(type + 1)-\(range.upperBound >> 8)"]
            }
        }
        return texts
    }

    private func interfaces(_ facet: Facet, _ values: Diagram) -> String {
        guard let levels = facet.run,
            let ranges = space.store.ranges(levels, of: values, limit: 1 << 14)
        else { return "certain ones" }
        let last = UInt128(space.atoms.names.count - 1)
        let here = Set(ranges.flatMap { $0.lowerBound > last ? [] : Array($0.lowerBound...min($0.upperBound, last)) })
        let others = Set(0...last).subtracting(here)
        // Having none is told by the chain, and no one says "not none".
        let isNegated = here.subtracting([0]).count > others.subtracting([0]).count
        return (isNegated ? "not " : "") + space.atoms.words(isNegated ? others.subtracting([0]) : here)
    }

    private func header(_ values: Diagram) -> String {
        func implies(_ fact: Diagram) -> Bool { space.store.subtract(fact, from: values) == .never }
        let later = space.fact(.laterFragment)
        if implies(later) { return "later fragments" }
        if implies(space.fact(.transportHeader)) { return "with whole header" }
        if implies(space.fact(.ports)) { return "with ports" }
        if implies(!later) {
            return implies(!space.fact(.transportHeader)) ? "header cut short" : "no later fragments"
        }
        if implies(!space.fact(.transportHeader)) { return "without header (fragments, headers cut short)" }
        return "certain fragments"
    }

    // MARK: Bits

    /// The one combination of bits that the function asks for; nil if it is no such.
    private func cube(_ levels: Range<UInt32>, _ function: Diagram) -> (mask: UInt128, value: UInt128)? {
        var (mask, value): (UInt128, UInt128) = (0, 0)
        var place = function
        while place.node != 0 {
            let (low, high) = (space.store.branch(place, false), space.store.branch(place, true))
            let bit = UInt128(1) << UInt128(levels.upperBound - 1 - space.store.level(place))
            guard low == .never || high == .never else { return nil }
            mask |= bit
            if low == .never { value |= bit }
            place = low == .never ? high : low
        }
        return place == .always ? (mask, value) : nil
    }

    private func flags(_ facet: Facet, _ values: Diagram) -> String {
        guard let levels = facet.run else { return "certain ones" }
        func text(_ cube: (mask: UInt128, value: UInt128)) -> String {
            let value = TCPFlags(rawValue: UInt8(cube.value)).letters
            return cube.mask == 255 ? value : "\(value)/\(TCPFlags(rawValue: UInt8(cube.mask)).letters)"
        }
        if let cube = cube(levels, values) { return text(cube) }
        if let cube = cube(levels, !values) { return "not \(text(cube))" }
        return "certain ones"
    }

    private func bits(_ facet: Facet, _ values: Diagram) -> String {
        guard let levels = facet.run else { return "certain values" }
        func text(_ cube: (mask: UInt128, value: UInt128)) -> String {
            let value = "0x" + String(cube.value, radix: 16)
            return cube.mask == DiagramStore.largest(levels) ? value : value + "/0x" + String(cube.mask, radix: 16)
        }
        if let cube = cube(levels, values) { return text(cube) }
        if let cube = cube(levels, !values) { return "not \(text(cube))" }
        return list(facet, values, FacetWords.numbers)
    }

    private func other(_ name: String, _ facet: Facet, _ values: Diagram) -> HeaderSet.Term {
        if facet.levels.count == 1, let level = facet.levels.first {
            let isTrue = space.store.variable(level) == values
            if space.historyLevels.contains(level) {
                return HeaderSet.Term(field: isTrue ? name : "not \(name)", values: "")
            }
            return HeaderSet.Term(field: name, values: isTrue ? "yes" : "no")
        }
        guard facet.run != nil, name == "packet type" else { return HeaderSet.Term(field: name, values: "as asked") }
        let names = ["unicast", "broadcast", "multicast", "otherhost", "outgoing", "loopback"]
        return HeaderSet.Term(
            field: name,
            values: list(facet, values) { range in range.compactMap { $0 < 6 ? names[Int($0)] : nil } })
    }
}
