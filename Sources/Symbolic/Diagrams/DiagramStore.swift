/// A Boolean function of the store's variables. Equal functions of one store are equal handles.
///
/// The lowest bit says that the node behind the other bits is meant negated.
struct Diagram: Hashable, BitwiseCopyable {
    var bits: UInt32

    static let always = Diagram(bits: 0)
    static let never = Diagram(bits: 1)

    static prefix func ! (diagram: Diagram) -> Diagram { Diagram(bits: diagram.bits ^ 1) }

    var isNegated: Bool { bits & 1 == 1 }
    var node: Int { Int(bits >> 1) }
}

/// Reduced ordered binary decision diagrams with complement edges (Brace, Rudell, Bryant: "Efficient
/// implementation of a BDD package", 1990).
///
/// Why this form, and no list of cubes or intervals: a packet filter tests bits of a few wide fields. A prefix or
/// a range of a field of n bits takes at most 2n nodes here, equality and emptiness of what hundreds of rules leave
/// over are one comparison of handles, negation costs nothing, and a test that isn't of a field (a limit's
/// answer) is one more variable. Lists of cubes double with each subtraction.
///
/// Nodes are hash-consed into one flat array and never freed: a store lives as long as one question. Both the nodes
/// and the steps have a budget; over it, the store is exhausted and every answer is `never`.
struct DiagramStore {
    struct Node: BitwiseCopyable {
        /// Which variable the node asks; smaller ones are asked first.
        var level: UInt32
        /// Where the variable is false.
        var low: UInt32
        /// Where it is true; never negated, so that a function and its negation share their nodes.
        var high: UInt32
    }

    private struct CacheLine: BitwiseCopyable {
        var left: UInt32 = .max
        var right: UInt32 = .max
        var result: UInt32 = 0
    }

    /// The first is the constant, below all variables.
    private(set) var nodes = [Node(level: .max, low: 0, high: 0)]
    /// Node numbers at the place that their hash says, or behind it; 0 where there is none.
    private var table: [UInt32]
    private var cache: [CacheLine]
    var apart = ApartCache()
    private var steps = 0
    private let nodeLimit: Int
    private let stepLimit: Int
    private(set) var isExhausted = false

    init(nodeLimit: Int, stepLimit: Int) {
        self.nodeLimit = nodeLimit
        self.stepLimit = stepLimit
        table = Array(repeating: 0, count: 1 << 12)
        cache = Array(repeating: CacheLine(), count: 1 << 12)
    }

    func level(_ diagram: Diagram) -> UInt32 { nodes[diagram.node].level }

    /// The function where the variable of its first node is false, or true.
    func branch(_ diagram: Diagram, _ isHigh: Bool) -> Diagram {
        let node = nodes[diagram.node]
        return Diagram(bits: (isHigh ? node.high : node.low) ^ (diagram.bits & 1))
    }

    /// The function that is `high` where the variable holds, else `low`.
    /// - Precondition: both depend on variables behind `level` only.
    mutating func node(_ level: UInt32, low: Diagram, high: Diagram) -> Diagram {
        if low == high { return low }
        if high.isNegated { return !node(level, low: !low, high: !high) }
        var slot = DiagramStore.hash(level, low.bits, high.bits) & (table.count - 1)
        while table[slot] != 0 {
            let known = nodes[Int(table[slot])]
            if known.level == level, known.low == low.bits, known.high == high.bits {
                return Diagram(bits: table[slot] << 1)
            }
            slot = (slot + 1) & (table.count - 1)
        }
        guard nodes.count < nodeLimit else {
            isExhausted = true
            return .never
        }
        let number = UInt32(nodes.count)
        nodes.append(Node(level: level, low: low.bits, high: high.bits))
        table[slot] = number
        if nodes.count * 2 > table.count { grow() }
        return Diagram(bits: number << 1)
    }

    private mutating func grow() {
        table = Array(repeating: 0, count: table.count * 2)
        for (number, node) in nodes.enumerated().dropFirst() {
            var slot = DiagramStore.hash(node.level, node.low, node.high) & (table.count - 1)
            while table[slot] != 0 { slot = (slot + 1) & (table.count - 1) }
            table[slot] = UInt32(number)
        }
        // A cache as large as the nodes keeps the steps in proportion to them.
        if cache.count < 1 << 22 { cache = Array(repeating: CacheLine(), count: table.count) }
    }

    static func hash(_ a: UInt32, _ b: UInt32, _ c: UInt32) -> Int {
        var value = UInt64(a) &* 0x9e37_79b9_7f4a_7c15
        value = (value ^ UInt64(b)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 29) ^ UInt64(c)) &* 0x94d0_49bb_1331_11eb
        return Int(truncatingIfNeeded: (value ^ (value >> 32)) & 0x7fff_ffff)
    }

    mutating func and(_ a: Diagram, _ b: Diagram) -> Diagram {
        if a == b || b == .always { return a }
        if a == .always { return b }
        if a == !b || a == .never || b == .never { return .never }
        if a.bits > b.bits { return and(b, a) }
        let slot = DiagramStore.hash(0, a.bits, b.bits) & (cache.count - 1)
        let line = cache[slot]
        if line.left == a.bits, line.right == b.bits { return Diagram(bits: line.result) }
        guard count() else { return .never }

        let first = nodes[a.node]
        let second = nodes[b.node]
        let level = min(first.level, second.level)
        var (aLow, aHigh, bLow, bHigh) = (a, a, b, b)
        if first.level == level { (aLow, aHigh) = (branch(a, false), branch(a, true)) }
        if second.level == level { (bLow, bHigh) = (branch(b, false), branch(b, true)) }
        let low = and(aLow, bLow)
        let high = and(aHigh, bHigh)
        let result = node(level, low: low, high: high)
        cache[DiagramStore.hash(0, a.bits, b.bits) & (cache.count - 1)] = CacheLine(
            left: a.bits, right: b.bits, result: result.bits)
        return result
    }

    /// Says that the question is too complex for a reason that isn't the store's.
    mutating func giveUp() { isExhausted = true }

    /// Counts a step; false if there were too many.
    mutating func count() -> Bool {
        steps += 1
        if steps > stepLimit { isExhausted = true }
        return !isExhausted
    }
}
