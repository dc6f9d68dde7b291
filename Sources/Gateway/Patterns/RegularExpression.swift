/// The tree of a regular expression.
indirect enum RegularExpression {
    case byte(ByteSet)
    case sequence([RegularExpression])
    case alternation([RegularExpression])
    /// - Parameter most: nil for any number.
    case repetition(RegularExpression, least: Int, most: Int?)

    /// Appends a program that goes on behind its last instruction when it has matched.
    /// - Returns: whether the program stayed within the limit of instructions; if not, it is useless.
    func append(to automaton: inout ByteAutomaton, ignoringCase: Bool, limit: Int) -> Bool {
        guard automaton.count < limit else { return false }
        switch self {
        case .byte(let set):
            automaton.append(.byte(ignoringCase ? set.ignoringCase : set))
            return true
        case .sequence(let parts):
            return parts.allSatisfy {
                $0.append(to: &automaton, ignoringCase: ignoringCase, limit: limit)
            }
        case .alternation(let branches):
            var ends: [Int] = []
            for branch in branches.dropLast() {
                let fork = automaton.count
                automaton.append(.fork(0))
                guard branch.append(to: &automaton, ignoringCase: ignoringCase, limit: limit) else {
                    return false
                }
                ends.append(automaton.count)
                automaton.append(.jump(0))
                automaton.setTarget(ofInstruction: fork, to: automaton.count)
            }
            guard
                branches[branches.count - 1].append(to: &automaton, ignoringCase: ignoringCase, limit: limit)
            else { return false }
            for end in ends { automaton.setTarget(ofInstruction: end, to: automaton.count) }
            return true
        case .repetition(let part, let least, let most):
            return part.append(
                to: &automaton, least: least, most: most, ignoringCase: ignoringCase, limit: limit)
        }
    }

    /// `x{2,4}` becomes `xx(x(x)?)?`, `x{2,}` becomes `xxx*`.
    private func append(
        to automaton: inout ByteAutomaton, least: Int, most: Int?, ignoringCase: Bool, limit: Int
    ) -> Bool {
        let start = automaton.count
        for _ in 0..<least {
            guard append(to: &automaton, ignoringCase: ignoringCase, limit: limit) else { return false }
            // What matches nothing but the empty text needn't be repeated.
            if automaton.count == start { break }
        }
        var forks: [Int] = []
        for _ in 0..<(most.map { $0 - least } ?? 1) {
            forks.append(automaton.count)
            automaton.append(.fork(0))
            guard append(to: &automaton, ignoringCase: ignoringCase, limit: limit) else { return false }
        }
        if most == nil { automaton.append(.jump(forks[0])) }
        for fork in forks { automaton.setTarget(ofInstruction: fork, to: automaton.count) }
        return automaton.count < limit
    }
}
