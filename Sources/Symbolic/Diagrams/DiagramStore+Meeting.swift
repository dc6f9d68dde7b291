extension DiagramStore {
    /// Whether some values make all three true. Looks for them without making a node, and ends with the first: cheaper
    /// than their conjunction where the answer is mostly yes.
    mutating func meet(_ a: Diagram, _ b: Diagram, _ c: Diagram) -> Bool {
        var apart: Set<Triple> = []
        return meet(Triple(a: a, b: b, c: c), &apart)
    }

    private struct Triple: Hashable {
        var a: Diagram
        var b: Diagram
        var c: Diagram
    }

    /// - Parameter apart: those that are known not to meet.
    private mutating func meet(_ triple: Triple, _ apart: inout Set<Triple>) -> Bool {
        let (a, b, c) = (triple.a, triple.b, triple.c)
        if a == .never || b == .never || c == .never || a == !b || b == !c || a == !c { return false }
        // A function that isn't `never` is true somewhere.
        let others = [a, b, c].filter { $0 != .always }
        if others.allSatisfy({ $0 == others.first }) { return true }
        if apart.contains(triple) { return false }
        guard count() else { return false }
        let level = min(self.level(a), self.level(b), self.level(c))
        for isHigh in [true, false] {
            let next = Triple(
                a: follow(a, level, isHigh), b: follow(b, level, isHigh), c: follow(c, level, isHigh))
            if meet(next, &apart) { return true }
        }
        apart.insert(triple)
        return false
    }

    private func follow(_ diagram: Diagram, _ level: UInt32, _ isHigh: Bool) -> Diagram {
        self.level(diagram) == level ? branch(diagram, isHigh) : diagram
    }
}

extension PacketSpace {
    /// Whether the three sets have a packet in common.
    public func meet(_ a: PacketSet, _ b: PacketSet, _ c: PacketSet) -> Bool {
        store.meet(a.diagram, b.diagram, c.diagram)
    }

    /// Whether all packets of `a` that are in `domain` are in `b`, too.
    public func isSubset(_ a: PacketSet, of b: PacketSet, among domain: PacketSet) -> Bool {
        !store.meet(a.diagram, !b.diagram, domain.diagram)
    }
}
