import Packets
import RuleModel

/// Covers a set with boxes: a set of values for each facet, and all combinations of them.
///
/// A box begins with one packet. For one facet after the other it takes all values with which, whatever the others
/// in the box are, the packet is still in the set. So a box can't grow, and what it says nothing of doesn't matter.
struct SetDescription {
    private let space: PacketSpace
    private let whole: Diagram
    /// The packets of which there is talk at all: what goes for them all isn't said.
    private let domain: Diagram
    private let outside: Diagram
    private var rest: Diagram
    private let facets: [Facet]
    /// For each facet, the values that packets of the domain have.
    private let possible: [Diagram]
    private let words: FacetWords

    /// Values with more ranges than this are cut down to a block around the first packet's.
    private static let mostRanges = 12

    struct Box {
        var packets: Diagram
        var header: HeaderSet
    }

    init(_ space: PacketSpace, _ set: PacketSet, within domain: PacketSet) {
        self.space = space
        whole = set.diagram
        rest = set.diagram
        self.domain = domain.diagram
        outside = space.store.subtract(set.diagram, from: domain.diagram)
        facets = Facet.all(space)
        let support = space.store.support(domain.diagram)
        possible = facets.map { facet in
            space.store.exists(support.subtracting(facet.levels), domain.diagram)
        }
        words = FacetWords(space)
    }

    var isDone: Bool { rest == .never }

    mutating func next() -> Box? {
        guard rest != .never, !space.isTooComplex else { return nil }
        var parts = points()
        let suffixes = conjunctions(of: parts)
        // Of the facets before this one, what they have become; of those behind it, the values of the first packet.
        var grown = Diagram.always
        for index in facets.indices {
            let others = space.store.and(grown, suffixes[index + 1])
            let bad = space.store.and(others, outside)
            let levels = space.store.support(bad).subtracting(facets[index].levels)
            var allowed = !space.store.exists(levels, bad)
            if facets[index].kind == .header || facets[index].kind == .transportProtocol {
                allowed = space.store.and(allowed, needed(by: parts[..<index], of: facets[index]))
            }
            parts[index] = simple(allowed, around: parts[index], index)
            grown = space.store.and(grown, parts[index])
            if space.isTooComplex { return nil }
        }
        rest = space.store.subtract(grown, from: rest)
        let packets = space.store.and(grown, domain)
        return Box(packets: packets, header: HeaderSet(terms: terms(parts, packets)))
    }

    /// The packets that have what is said of ports, flags and types, as far as a facet decides that. (A box may hold
    /// flags of packets that have none; its words would be wrong.)
    private func needed(by parts: ArraySlice<Diagram>, of facet: Facet) -> Diagram {
        let presence = presence(zip(facets, parts).filter { $1 != .always }.map(\.0))
        return space.store.exists(space.store.support(presence).subtracting(facet.levels), presence)
    }

    private func presence(_ told: [Facet]) -> Diagram {
        told.reduce(.always) { result, facet in
            switch facet.kind {
            case .sourcePort, .destinationPort:
                space.store.and(
                    result, space.store.and(space.fact(.ports), space.transport(IPProtocol.all.filter(\.hasPorts))))
            case .flags: space.store.and(result, space.presence(of: .tcpFlags))
            case .icmp: space.store.and(result, space.presence(of: .icmpType))
            case .segmentSize: space.store.and(result, space.fact(.readableTCPOptions))
            default: result
            }
        }
    }

    /// One packet of the rest, by facets: a usual one, long enough for anything.
    private func points() -> [Diagram] {
        var choice = PacketChoice(space, rest)
        choice.prefer(space.usual)
        choice.prefer(space.number(.length, in: NumberSet(1400)))
        choice.prefer(space.number(.hopLimit, in: NumberSet(64)))
        choice.prefer(space.number(.sourcePort, in: NumberSet(40000)))
        var chosen: [UInt32: Bool] = [:]
        var place = choice.rest
        while place.node != 0 {
            let low = space.store.branch(place, false)
            chosen[space.store.level(place)] = low == .never
            place = low == .never ? space.store.branch(place, true) : low
        }
        return facets.map { facet in
            facet.levels.sorted(by: >).reduce(.always) { result, level in
                let isSet = chosen[level] ?? false
                return space.store.node(
                    level, low: isSet ? .never : result, high: isSet ? result : .never)
            }
        }
    }

    /// Of all facets from each on.
    private func conjunctions(of parts: [Diagram]) -> [Diagram] {
        var result = [Diagram.always]
        for part in parts.reversed() { result.append(space.store.and(part, result[result.count - 1])) }
        return result.reversed()
    }

    /// Fewer values, where all of them would be too many words.
    private func simple(_ values: Diagram, around point: Diagram, _ index: Int) -> Diagram {
        let facet = facets[index]
        let inside = space.store.and(values, possible[index])
        if inside == possible[index] { return .always }
        guard let levels = facet.run, facet.kind != .flags, facet.kind != .mark else { return values }
        let ranges = space.store.ranges(levels, of: inside, limit: SetDescription.mostRanges)
        let gaps = space.store.ranges(
            levels, of: space.store.subtract(values, from: possible[index]), limit: SetDescription.mostRanges)
        if ranges != nil || gaps != nil { return values }
        let first = space.store.ranges(levels, of: point, limit: 1)?.first?.lowerBound ?? 0
        return largestBlock(around: first, in: values, levels)
    }

    /// The largest prefix that holds the number and is all in the set.
    private func largestBlock(around number: UInt128, in values: Diagram, _ levels: Range<UInt32>) -> Diagram {
        let largest = DiagramStore.largest(levels)
        for length in 0...levels.count {
            let mask = length == 0 ? 0 : largest & ~(length == levels.count ? 0 : largest >> UInt128(length))
            let block = space.store.number(levels, mask: mask, value: number & mask)
            if space.store.subtract(values, from: block) == .never { return block }
        }
        return space.store.number(levels, in: number...number)
    }

    /// What is to be said: nothing of a facet that the others, and the laws of packets, decide.
    private func terms(_ parts: [Diagram], _ box: Diagram) -> [HeaderSet.Term] {
        var told = parts
        for index in facets.indices where told[index] != .always && facets[index].kind != .transportProtocol {
            var without = told
            without[index] = .always
            if conjunction(without) == box { told[index] = .always }
        }
        var terms: [HeaderSet.Term] = []
        for (index, facet) in facets.enumerated() where told[index] != .always {
            if facet.kind == .header {
                if let word = headerWord(told, index, box) { terms.append(HeaderSet.Term(field: word, values: "")) }
            } else {
                terms.append(words.term(facet, told[index], of: possible[index]))
            }
        }
        return terms.enumerated().sorted {
            let (one, other) = (FacetWords.rank($0.element.field), FacetWords.rank($1.element.field))
            return one != other ? one < other : $0.offset < $1.offset
        }.map(\.element)
    }

    private func conjunction(_ parts: [Diagram]) -> Diagram {
        parts.reduce(domain) { $1 == .always ? $0 : space.store.and($0, $1) }
    }

    /// A port that is named is there, so of headers only what that doesn't say is said.
    private func headerWord(_ told: [Diagram], _ index: Int, _ box: Diagram) -> String? {
        let implied = presence(zip(facets, told).filter { $1 != .always }.map(\.0))
        let isLater = space.fact(.laterFragment)
        let isWhole = space.fact(.transportHeader)
        let candidates: [(Diagram, String?)] = [
            (implied, nil), (isWhole, "header whole"), (!isLater, "no later fragments"),
            (isLater, "later fragments"), (space.store.and(!isLater, !isWhole), "header cut short"),
            (!isWhole, "without whole header"), (space.fact(.ports), "with ports"),
            (space.fact(.readableTCPOptions), "TCP options readable"),
        ]
        for (candidate, word) in candidates {
            var others = told
            others[index] = space.store.and(candidate, implied)
            if conjunction(others) == box { return word }
        }
        return "certain headers or fragments"
    }
}

extension Facet {
    /// The facet's variables, if they are one number.
    var run: Range<UInt32>? {
        guard let first = levels.min(), let last = levels.max(), last - first == UInt32(levels.count) - 1,
            kind != .header
        else { return nil }
        return first..<last + 1
    }
}
