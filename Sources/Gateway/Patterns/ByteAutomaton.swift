/// A nondeterministic automaton over bytes, run in all of its states at once (Thompson 1968; Pike's lists): the
/// time is proportional to the text's length times the program's, whatever they are.
struct ByteAutomaton: Hashable, Sendable {
    enum Instruction: Hashable, Sendable {
        /// One byte of the set, then the next instruction.
        case byte(ByteSet)
        /// Both the next instruction and the one at the index.
        case fork(Int)
        case jump(Int)
        case accept
    }

    private var program: [Instruction] = []

    var count: Int { program.count }

    mutating func append(_ instruction: Instruction) { program.append(instruction) }

    /// Gives a fork or a jump that was appended before its target.
    mutating func setTarget(ofInstruction index: Int, to target: Int) {
        switch program[index] {
        case .fork: program[index] = .fork(target)
        case .jump: program[index] = .jump(target)
        case .byte, .accept: preconditionFailure("instruction \(index) has no target")
        }
    }

    /// Whether it accepts all of the bytes, from the first to the last.
    func matches(_ bytes: some Sequence<UInt8>) -> Bool {
        var states = StateSet(capacity: program.count)
        var next = StateSet(capacity: program.count)
        var pending: [Int] = []
        add(0, to: &states, &pending)
        for byte in bytes {
            for index in states.members {
                if case .byte(let set) = program[index], set.contains(byte) {
                    add(index + 1, to: &next, &pending)
                }
            }
            if next.members.isEmpty { return false }
            swap(&states, &next)
            next.removeAll()
        }
        return states.members.contains { program[$0] == .accept }
    }

    /// Adds a state, and those that it reaches without a byte.
    private func add(_ index: Int, to states: inout StateSet, _ pending: inout [Int]) {
        pending.append(index)
        while let index = pending.popLast() {
            guard states.insert(index) else { continue }
            switch program[index] {
            case .fork(let target):
                pending.append(target)
                pending.append(index + 1)
            case .jump(let target): pending.append(target)
            case .byte, .accept: break
            }
        }
    }

    /// A set of small numbers that is emptied in time proportional to its members.
    private struct StateSet {
        private(set) var members: [Int] = []
        private var isMember: [Bool]

        init(capacity: Int) { isMember = Array(repeating: false, count: capacity) }

        mutating func insert(_ index: Int) -> Bool {
            guard !isMember[index] else { return false }
            isMember[index] = true
            members.append(index)
            return true
        }

        mutating func removeAll() {
            for index in members { isMember[index] = false }
            members.removeAll(keepingCapacity: true)
        }
    }
}
