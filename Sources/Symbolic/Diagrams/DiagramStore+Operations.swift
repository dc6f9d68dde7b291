extension DiagramStore {
    mutating func or(_ a: Diagram, _ b: Diagram) -> Diagram { !and(!a, !b) }

    /// `a` without `b`.
    mutating func subtract(_ b: Diagram, from a: Diagram) -> Diagram { and(a, !b) }

    mutating func choose(_ condition: Diagram, _ then: Diagram, _ otherwise: Diagram) -> Diagram {
        if then == otherwise { return then }
        return or(and(condition, then), and(!condition, otherwise))
    }

    /// The union of many, in pairs of like size rather than one after the other.
    mutating func or(_ parts: [Diagram]) -> Diagram {
        var parts = parts
        while parts.count > 1 {
            var pairs: [Diagram] = []
            for index in stride(from: 0, to: parts.count, by: 2) {
                pairs.append(index + 1 < parts.count ? or(parts[index], parts[index + 1]) : parts[index])
            }
            parts = pairs
        }
        return parts.first ?? .never
    }

    /// The function with other functions in place of variables.
    /// - Parameter replacements: by level; nil where the variable stays.
    mutating func substitute(_ replacements: [UInt32: Diagram], in diagram: Diagram) -> Diagram {
        guard let last = replacements.keys.max() else { return diagram }
        var known: [Int: Diagram] = [:]
        return substitute(replacements, last, in: diagram, &known)
    }

    private mutating func substitute(
        _ replacements: [UInt32: Diagram], _ last: UInt32, in diagram: Diagram, _ known: inout [Int: Diagram]
    ) -> Diagram {
        let level = level(diagram)
        if level > last || isExhausted { return diagram }
        if let found = known[diagram.node] { return diagram.isNegated ? !found : found }
        guard count() else { return .never }
        let plain = Diagram(bits: diagram.bits & ~1)
        let low = substitute(replacements, last, in: branch(plain, false), &known)
        let high = substitute(replacements, last, in: branch(plain, true), &known)
        let variable = replacements[level] ?? node(level, low: .never, high: .always)
        let result = choose(variable, high, low)
        known[diagram.node] = result
        return diagram.isNegated ? !result : result
    }

    /// True wherever some values of the variables make the function true.
    mutating func exists(_ levels: Set<UInt32>, _ diagram: Diagram) -> Diagram {
        guard let last = levels.max() else { return diagram }
        var known: [UInt32: Diagram] = [:]
        return exists(levels, last, diagram, &known)
    }

    private mutating func exists(
        _ levels: Set<UInt32>, _ last: UInt32, _ diagram: Diagram, _ known: inout [UInt32: Diagram]
    ) -> Diagram {
        let level = level(diagram)
        if level > last || isExhausted { return diagram }
        if let found = known[diagram.bits] { return found }
        guard count() else { return .never }
        let low = exists(levels, last, branch(diagram, false), &known)
        let result: Diagram
        if levels.contains(level) {
            result = low == .always ? low : or(low, exists(levels, last, branch(diagram, true), &known))
        } else {
            result = node(level, low: low, high: exists(levels, last, branch(diagram, true), &known))
        }
        known[diagram.bits] = result
        return result
    }

    /// The variables that the function depends on.
    func support(_ diagram: Diagram) -> Set<UInt32> {
        var levels: Set<UInt32> = []
        var seen: Set<Int> = [0]
        var waiting = [diagram.node]
        while let next = waiting.popLast() {
            guard seen.insert(next).inserted else { continue }
            levels.insert(nodes[next].level)
            waiting.append(Int(nodes[next].low >> 1))
            waiting.append(Int(nodes[next].high >> 1))
        }
        return levels
    }

    func evaluate(_ diagram: Diagram, _ value: (UInt32) -> Bool) -> Bool {
        var place = diagram
        while place.node != 0 { place = branch(place, value(level(place))) }
        return place == .always
    }
}
