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

    /// - Parameters:
    ///   - values: some of the facet's values.
    ///   - possible: those that there are at all.
    func term(_ facet: Facet, _ values: Diagram, of possible: Diagram) -> HeaderSet.Term {
        let family = space.family
        func term(_ field: String, _ name: (ClosedRange<UInt128>) -> [String]) -> HeaderSet.Term {
            HeaderSet.Term(field: field, values: list(facet, values, possible, name))
        }
        func bitTerm(_ field: String, _ name: (UInt128) -> String) -> HeaderSet.Term {
            HeaderSet.Term(field: field, values: bits(facet, values, possible, name))
        }
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
        case .input: return term("in", interfaces)
        case .output: return term("out", interfaces)
        case .flags: return bitTerm("flags") { TCPFlags(rawValue: UInt8($0)).letters }
        case .mark: return bitTerm("mark") { "0x" + String($0, radix: 16) }
        case .segmentSize: return HeaderSet.Term(field: "mss", values: segmentSize(values))
        case .addressType(let field):
            return term(field == .source ? "src-type" : "dst-type") { range in
                range.compactMap { FacetWords.addressTypes[$0] }
            }
        case .packetType: return term("packet-type") { range in range.compactMap { FacetWords.packetTypes[$0] } }
        case .history(let words):
            let holds = facet.levels.first.map { space.store.variable($0) == values } ?? false
            return HeaderSet.Term(field: holds ? words : "not \(words)", values: "")
        case .header: preconditionFailure("what is said of headers depends on the other facets")
        case .other(let name): return HeaderSet.Term(field: name, values: "as asked")
        }
    }

    private static let addressTypes: [UInt128: String] = [
        0: "UNSPEC", 1: "UNICAST", 2: "LOCAL", 3: "BROADCAST", 4: "ANYCAST", 5: "MULTICAST", 6: "BLACKHOLE",
        7: "UNREACHABLE", 8: "PROHIBIT", 9: "THROW", 10: "NAT", 11: "XRESOLVE",
    ]
    private static let packetTypes: [UInt128: String] = [
        0: "unicast", 1: "broadcast", 2: "multicast", 3: "otherhost", 4: "outgoing", 5: "loopback",
    ]

    // MARK: Lists

    /// Of the values, or of the others if those are fewer.
    private func list(
        _ facet: Facet, _ values: Diagram, _ possible: Diagram, _ name: (ClosedRange<UInt128>) -> [String]
    ) -> String {
        guard let levels = facet.run else { return "as asked" }
        let limit = 1 << 10
        let these = space.store.ranges(levels, of: space.store.and(values, possible), limit: limit)
        let others = space.store.ranges(levels, of: space.store.subtract(values, from: possible), limit: limit)
        let isNegated = isShorter(others, than: these, facet)
        guard let ranges = isNegated ? others : these else { return "as asked" }
        return (isNegated ? "not " : "") + ranges.flatMap(name).joined(separator: ",")
    }

    /// Fewer ranges are; but a few numbers are named sooner than what is left of many.
    private func isShorter(
        _ others: [ClosedRange<UInt128>]?, than these: [ClosedRange<UInt128>]?, _ facet: Facet
    ) -> Bool {
        guard let others else { return false }
        guard let these else { return true }
        func size(_ ranges: [ClosedRange<UInt128>]) -> UInt128 {
            ranges.reduce(0) { $0 + (($1.upperBound - $1.lowerBound) >> 1) + 1 }
        }
        if facet.isEnumeration {
            return others.reduce(0) { $0 + $1.count } < these.reduce(0) { $0 + $1.count }
        }
        return others.count < these.count && (these.count > 4 || size(others) < size(these))
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

    private func interfaces(_ range: ClosedRange<UInt128>) -> [String] { [space.atoms.words(Set(range))] }

    private func segmentSize(_ values: Diagram) -> String {
        let levels = space.layout[.number(.tcpMaximumSegmentSize)]
        let isThere = space.fact(.maximumSegmentSize)
        let factLevel: Set<UInt32> = [space.layout[.fact(.maximumSegmentSize)].lowerBound]
        let sizes = space.store.exists(factLevel, space.store.and(values, isThere))
        let ranges = space.store.ranges(levels, of: sizes, limit: 64)?.flatMap(FacetWords.numbers) ?? ["as asked"]
        let isOptional = space.store.and(values, !isThere) != .never
        return ((isOptional ? ["none"] : []) + ranges).joined(separator: ",")
    }

    // MARK: Bits

    private static let mostCubes = 10

    /// Combinations of bits for which the function holds, as values under masks, each as short as it can be; nil if
    /// they are many.
    private func cubes(_ levels: Range<UInt32>, _ function: Diagram) -> [(mask: UInt128, value: UInt128)]? {
        var found: [(mask: UInt128, value: UInt128)] = []
        var rest = function
        while rest != .never {
            guard found.count < FacetWords.mostCubes else { return nil }
            var (mask, value): (UInt128, UInt128) = (0, 0)
            var place = rest
            while place.node != 0 {
                let low = space.store.branch(place, false)
                let bit = UInt128(1) << UInt128(levels.upperBound - 1 - space.store.level(place))
                mask |= bit
                if low == .never { value |= bit }
                place = low == .never ? space.store.branch(place, true) : low
            }
            for position in 0..<UInt128(levels.count) where mask >> position & 1 == 1 {
                let shorter = mask & ~(1 << position)
                let cube = space.store.number(levels, mask: shorter, value: value & shorter)
                if space.store.subtract(function, from: cube) == .never { mask = shorter }
            }
            value &= mask
            found.append((mask, value))
            rest = space.store.subtract(space.store.number(levels, mask: mask, value: value), from: rest)
        }
        return found
    }

    private func bits(
        _ facet: Facet, _ values: Diagram, _ possible: Diagram, _ name: (UInt128) -> String
    ) -> String {
        guard let levels = facet.run else { return "as asked" }
        func text(_ cube: (mask: UInt128, value: UInt128)) -> String {
            cube.mask == DiagramStore.largest(levels) ? name(cube.value) : "\(name(cube.value))/\(name(cube.mask))"
        }
        let these = cubes(levels, values)
        let others = cubes(levels, !values)
        if let these, these.count <= others?.count ?? .max { return these.map(text).joined(separator: ",") }
        if let others { return "not " + others.map(text).joined(separator: ",") }
        return list(facet, values, possible) { range in
            range.lowerBound == range.upperBound
                ? [name(range.lowerBound)] : ["\(name(range.lowerBound))-\(name(range.upperBound))"]
        }
    }
}
