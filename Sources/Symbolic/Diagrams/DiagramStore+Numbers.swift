/// Sets of numbers, written in binary in a run of variables, the most significant bit first.
extension DiagramStore {
    /// The number is in the range: at most two nodes a bit.
    mutating func number(_ levels: Range<UInt32>, in range: ClosedRange<UInt128>) -> Diagram {
        let largest = DiagramStore.largest(levels)
        guard range.lowerBound <= largest else { return .never }
        var atLeast = Diagram.always
        var atMost = Diagram.always
        let (low, high) = (range.lowerBound, min(range.upperBound, largest))
        // Below the bit where the bounds part, both hold independently of each other.
        for (position, level) in levels.reversed().enumerated() {
            let lowBit = low >> UInt128(position) & 1 == 1
            let highBit = high >> UInt128(position) & 1 == 1
            atLeast = lowBit ? node(level, low: .never, high: atLeast) : node(level, low: atLeast, high: .always)
            atMost = highBit ? node(level, low: .always, high: atMost) : node(level, low: atMost, high: .never)
        }
        return and(atLeast, atMost)
    }

    /// `number & mask == value`. Bits beyond those of the field are zero.
    mutating func number(_ levels: Range<UInt32>, mask: UInt128, value: UInt128) -> Diagram {
        guard value & ~mask == 0, value & mask & ~DiagramStore.largest(levels) == 0 else { return .never }
        var result = Diagram.always
        for (position, level) in levels.reversed().enumerated() where mask >> UInt128(position) & 1 == 1 {
            result =
                value >> UInt128(position) & 1 == 1
                ? node(level, low: .never, high: result) : node(level, low: result, high: .never)
        }
        return result
    }

    mutating func variable(_ level: UInt32) -> Diagram { node(level, low: .never, high: .always) }

    static func largest(_ levels: Range<UInt32>) -> UInt128 {
        levels.count >= 128 ? .max : (1 << UInt128(levels.count)) - 1
    }

    /// The numbers of a set as ranges in ascending order; nil if there are more than `limit`.
    /// - Precondition: the function depends on `levels` only.
    func ranges(_ levels: Range<UInt32>, of diagram: Diagram, limit: Int) -> [ClosedRange<UInt128>]? {
        var found: [ClosedRange<UInt128>] = []
        // Explored from the smallest numbers on: a part of the range, as prefix and how many bits it fixes.
        var waiting: [(diagram: Diagram, first: UInt128, position: UInt32)] = [(diagram, 0, levels.lowerBound)]
        while let (diagram, first, position) = waiting.popLast() {
            if diagram == .never { continue }
            let left = levels.upperBound - position
            if diagram == .always {
                let size = left >= 128 ? UInt128.max : (1 << UInt128(left)) - 1
                if let last = found.last, first > 0, last.upperBound == first - 1 {
                    found[found.count - 1] = last.lowerBound...(first + size)
                } else {
                    guard found.count < limit else { return nil }
                    found.append(first...(first + size))
                }
                continue
            }
            let asks = level(diagram) == position
            let half = UInt128(1) << UInt128(left - 1)
            waiting.append((asks ? branch(diagram, true) : diagram, first + half, position + 1))
            waiting.append((asks ? branch(diagram, false) : diagram, first, position + 1))
        }
        return found
    }
}
