/// Triples of diagrams that are known to have no values in common, at the place that their hash says.
struct ApartCache {
    private struct Line: BitwiseCopyable {
        var a: UInt32 = .max
        var b: UInt32 = .max
        var c: UInt32 = .max
    }

    private var lines = Array(repeating: Line(), count: 1 << 16)

    private func slot(_ a: Diagram, _ b: Diagram, _ c: Diagram) -> Int {
        DiagramStore.hash(a.bits, b.bits, c.bits) & (lines.count - 1)
    }

    func contains(_ a: Diagram, _ b: Diagram, _ c: Diagram) -> Bool {
        let line = lines[slot(a, b, c)]
        return line.a == a.bits && line.b == b.bits && line.c == c.bits
    }

    mutating func insert(_ a: Diagram, _ b: Diagram, _ c: Diagram) {
        lines[slot(a, b, c)] = Line(a: a.bits, b: b.bits, c: c.bits)
    }
}

extension DiagramStore {
    /// Whether some values make all three true. Looks for them without making a node, and ends with the first: cheaper
    /// than their conjunction where the answer is mostly yes.
    mutating func meet(_ a: Diagram, _ b: Diagram, _ c: Diagram) -> Bool {
        if a == .never || b == .never || c == .never || a == !b || b == !c || a == !c { return false }
        // A function that isn't `never` is true somewhere.
        if a == .always, b == .always || c == .always || b == c { return true }
        if b == .always, c == .always || a == c { return true }
        if a == b, c == .always || a == c { return true }
        if apart.contains(a, b, c) { return false }
        guard count() else { return false }
        let level = min(level(a), level(b), level(c))
        if meet(follow(a, level, true), follow(b, level, true), follow(c, level, true)) { return true }
        if meet(follow(a, level, false), follow(b, level, false), follow(c, level, false)) { return true }
        if !isExhausted { apart.insert(a, b, c) }
        return false
    }

    private func follow(_ diagram: Diagram, _ level: UInt32, _ isHigh: Bool) -> Diagram {
        self.level(diagram) == level ? branch(diagram, isHigh) : diagram
    }
}

extension PacketSpace {
    /// All combinations of values, those that no packet has among them: what is taken from it stays smaller than what is
    /// taken from `everything`.
    public var allCombinations: PacketSet { PacketSet(diagram: .always) }

    /// Whether the three sets have a packet in common.
    public func meet(_ a: PacketSet, _ b: PacketSet, _ c: PacketSet) -> Bool {
        store.meet(a.diagram, b.diagram, c.diagram)
    }

    /// Whether all packets of `a` that are in `domain` are in `b`, too.
    public func isSubset(_ a: PacketSet, of b: PacketSet, among domain: PacketSet) -> Bool {
        !store.meet(a.diagram, !b.diagram, domain.diagram)
    }
}
