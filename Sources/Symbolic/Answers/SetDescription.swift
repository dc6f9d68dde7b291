import Packets
import RuleModel

/// Covers a set with boxes: a set of values for each facet, and all combinations of them.
///
/// A box begins with one packet. For one facet after the other it takes all values with which, whatever the others
/// in the box are, the packet is still in the set. So a box can't grow, and what it says nothing of doesn't matter.
struct SetDescription {
    private let space: PacketSpace
    private let whole: Diagram
    private var rest: Diagram
    private let facets: [Facet]
    private let words: FacetWords

    /// Values with more ranges than this are cut down to the range of the first packet.
    private static let mostRanges = 12

    init(_ space: PacketSpace, _ set: PacketSet) {
        self.space = space
        whole = set.diagram
        rest = set.diagram
        facets = Facet.all(space)
        words = FacetWords(space)
    }

    var isDone: Bool { rest == .never }

    mutating func next() -> HeaderSet? {
        guard rest != .never, !space.isTooComplex else { return nil }
        var parts = points()
        let outside = space.store.subtract(whole, from: space.everything.diagram)
        let suffixes = conjunctions(of: parts)
        // Of the facets before this one, what they have become; of those behind it, the values of the first packet.
        var grown = Diagram.always
        for index in facets.indices {
            let others = space.store.and(grown, suffixes[index + 1])
            let bad = space.store.and(others, outside)
            let levels = space.store.support(bad).subtracting(facets[index].levels)
            let allowed = !space.store.exists(levels, bad)
            parts[index] = simple(allowed, around: parts[index], facets[index])
            grown = space.store.and(grown, parts[index])
            if space.isTooComplex { return nil }
        }
        rest = space.store.subtract(grown, from: rest)
        return HeaderSet(terms: terms(parts, grown))
    }

    /// One packet of the rest, by facets.
    private func points() -> [Diagram] {
        var chosen: [UInt32: Bool] = [:]
        var place = rest
        while place.node != 0 {
            // Facts are better true, numbers small.
            let low = space.store.branch(place, false)
            let level = space.store.level(place)
            chosen[level] = low == .never
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
    private func simple(_ values: Diagram, around point: Diagram, _ facet: Facet) -> Diagram {
        guard let levels = facet.run, facet.kind != .flags, facet.kind != .mark else { return values }
        let ranges = space.store.ranges(levels, of: values, limit: SetDescription.mostRanges)
        let gaps = space.store.ranges(levels, of: !values, limit: SetDescription.mostRanges)
        if ranges != nil || gaps != nil { return values }
        let first = space.store.ranges(levels, of: point, limit: 1)?.first?.lowerBound ?? 0
        return largestBlock(around: first, in: values, levels)
    }

    /// The largest prefix that holds the number and is all in the set.
    private func largestBlock(around number: UInt128, in values: Diagram, _ levels: Range<UInt32>) -> Diagram {
        for length in 0...levels.count {
            let mask = length == 0 ? 0 : DiagramStore.largest(levels) & ~(DiagramStore.largest(levels) >> UInt128(length))
            let block = space.store.number(levels, mask: mask, value: number & mask)
            if space.store.subtract(values, from: block) == .never { return block }
        }
        return space.store.number(levels, in: number...number)
    }

    /// What is to be said: nothing of a facet that the others and the laws of packets decide.
    private func terms(_ parts: [Diagram], _ box: Diagram) -> [HeaderSet.Term] {
        let inside = space.store.and(box, space.everything.diagram)
        var told = parts
        for index in facets.indices where told[index] != .always {
            var without = told
            without[index] = .always
            let looser = space.store.and(
                space.everything.diagram, without.reduce(.always) { space.store.and($0, $1) })
            if looser == inside { told[index] = .always }
        }
        var terms: [HeaderSet.Term] = []
        for (facet, part) in zip(facets, told) where part != .always {
            terms += words.terms(facet, part)
        }
        return terms.enumerated().sorted {
            let (one, other) = (FacetWords.rank($0.element.field), FacetWords.rank($1.element.field))
            return one != other ? one < other : $0.offset < $1.offset
        }.map(\.element)
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
