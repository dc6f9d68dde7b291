public import Packets
public import RuleModel

/// Turns a rule set into a program.
public enum RuleCompiler {
    /// - Parameters:
    ///   - ruleSet: validated: every chain that is named exists, and none that a packet can reach
    ///     leads back to itself.
    ///   - interfaces: takes in the names in the rules. Those that it learns later reach the program through
    ///     `MatchEngine.admit`.
    public static func compile(_ ruleSet: RuleSet, interfaces: inout InterfaceTable) -> CompiledRules {
        var builder = ProgramBuilder(family: ruleSet.family, interfaces: interfaces)
        for (index, table) in ruleSet.tables.enumerated().reversed() {
            builder.add(table, index: index)
        }
        interfaces = builder.interfaces
        var compiled = CompiledRules(ruleSet, builder.finish())
        compiled.admit(interfaces)
        return compiled
    }
}

/// Emits a program from its end to its beginning, so that where an instruction leads to is always known; the last
/// step turns it round.
///
/// Until then, an instruction's place is its index in `reversed`.
struct ProgramBuilder {
    let family: AddressFamily
    var interfaces: InterfaceTable
    var reversed: [Instruction] = []
    var ranges: [CompiledRules.WordRange] = []
    var addresses: [CompiledRules.AddressOperands] = []
    var interfaceSets: [InterfaceSet] = []
    var histories: [HistoryTest] = []
    private var logs: [LogParameters] = []
    private var starts: [UInt32] = []
    private var chains: [CompiledRules.ChainPlace] = []
    private var entries: [CompiledRules.Entry?]
    private var maximumDepth = 0
    private var needsConntrack = false

    struct Program {
        var code: [Instruction]
        var starts: [UInt32]
        var entries: [CompiledRules.Entry?]
        var ranges: [CompiledRules.WordRange]
        var addresses: [CompiledRules.AddressOperands]
        var interfaceSets: [InterfaceSet]
        var histories: [HistoryTest]
        var logs: [LogParameters]
        var chains: [CompiledRules.ChainPlace]
        var maximumDepth: Int
        var needsConntrack: Bool
    }

    init(family: AddressFamily, interfaces: InterfaceTable) {
        self.family = family
        self.interfaces = interfaces
        entries = Array(repeating: nil, count: TableKind.allCases.count * Hook.allCases.count)
    }

    /// Appends an instruction and gives its place.
    mutating func emit(_ instruction: Instruction) -> UInt32 {
        reversed.append(instruction)
        return UInt32(reversed.count - 1)
    }

    /// Tables, too, come from the last to the first.
    mutating func add(_ table: Table, index: Int) {
        var chainStarts: [UInt32] = Array(repeating: 0, count: table.chains.count)
        var numbers: [String: Int] = [:]
        for (number, chain) in table.chains.enumerated() { numbers[chain.name] = number }
        let firstOfTable = reversed.count

        for (number, chain) in table.chains.enumerated().reversed() {
            let end = addEnd(of: chain)
            var next = end
            for rule in chain.rules.reversed() {
                next = add(rule, next: next, chainNumbers: numbers)
            }
            chains.append(
                CompiledRules.ChainPlace(first: UInt32(starts.count - 1), table: index, chain: number))
            chainStarts[number] = next
            if let hook = chain.hook {
                entries[CompiledRules.entryIndex(table.kind, hook)] = CompiledRules.Entry(
                    first: next, policy: end)
            }
        }
        for place in firstOfTable..<reversed.count where reversed[place].isCall {
            reversed[place].onFalse = chainStarts[Int(reversed[place].onFalse)]
        }
        maximumDepth = max(maximumDepth, CallDepth(table, numbers).maximum)
    }

    private mutating func addEnd(of chain: Chain) -> UInt32 {
        let opcode: Opcode =
            switch chain.policy {
            case .accept: .policyAccept
            case .drop: .policyDrop
            case nil: .returnToCaller
            }
        return act(opcode, next: 0)
    }

    /// Appends the instruction of a rule's target, and with it the rule.
    private mutating func act(
        _ opcode: Opcode, selector: UInt8 = 0, next: UInt32, target: UInt32 = 0, mask: UInt32 = 0,
        span: UInt32 = 0
    ) -> UInt32 {
        let place = emit(
            Instruction(
                opcode: opcode, selector: selector, onTrue: next, onFalse: target, mask: mask,
                low: UInt32(starts.count), span: span))
        starts.append(place)
        return place
    }

    private mutating func add(_ rule: Rule, next: UInt32, chainNumbers: [String: Int]) -> UInt32 {
        let action = add(rule.target, next: next, chainNumbers: chainNumbers)
        needsConntrack = needsConntrack || rule.condition.asksForConnection
        var start = emit(rule.condition, onTrue: action, onFalse: next)
        if start == next {
            // The condition has no leaf and never holds; an instruction lets a trace show that it was met.
            start = emit(Instruction(opcode: .never, selector: 0, onTrue: action, onFalse: next))
        }
        starts[starts.count - 1] = start
        return start
    }

    private mutating func add(_ target: RuleTarget, next: UInt32, chainNumbers: [String: Int]) -> UInt32 {
        func number(of chain: String) -> UInt32 {
            guard let number = chainNumbers[chain] else {
                preconditionFailure("a validated rule set has the chain \(chain)")
            }
            return UInt32(number)
        }
        switch target {
        case .none: return act(.proceed, next: next)
        case .jump(let chain): return act(.jump, next: next, target: number(of: chain))
        case .goto(let chain): return act(.goto, next: next, target: number(of: chain))
        case .action(let target): return add(target.action, next: next)
        }
    }

    private mutating func add(_ action: Action, next: UInt32) -> UInt32 {
        switch action {
        case .accept: return act(.accept, next: next)
        case .drop: return act(.drop, next: next)
        case .returnToCaller: return act(.returnToCaller, next: next)
        case .setMark(let value, let mask): return act(.setMark, next: next, mask: mask, span: value)
        case .log(let parameters):
            logs.append(parameters)
            return act(.log, next: next, span: UInt32(logs.count - 1))
        case .reject(let kind):
            return act(.reject, selector: kind.number, next: next)
        }
    }

    /// Turns the program round.
    consuming func finish() -> Program {
        let count = UInt32(reversed.count)
        let ruleCount = UInt32(starts.count)
        var code: [Instruction] = []
        code.reserveCapacity(reversed.count)
        for var instruction in reversed.reversed() {
            instruction.onTrue = count - 1 - instruction.onTrue
            instruction.onFalse = count - 1 - instruction.onFalse
            if instruction.opcode.isAction { instruction.low = ruleCount - 1 - instruction.low }
            code.append(instruction)
        }
        return Program(
            code: code, starts: starts.reversed().map { count - 1 - $0 },
            entries: entries.map { entry in
                entry.map { CompiledRules.Entry(first: count - 1 - $0.first, policy: count - 1 - $0.policy) }
            },
            ranges: ranges, addresses: addresses, interfaceSets: interfaceSets, histories: histories,
            logs: logs,
            chains: chains.reversed().map {
                CompiledRules.ChainPlace(first: ruleCount - 1 - $0.first, table: $0.table, chain: $0.chain)
            },
            maximumDepth: maximumDepth, needsConntrack: needsConntrack)
    }
}

extension Opcode {
    var isAction: Bool { rawValue >= Opcode.proceed.rawValue }
}

extension Instruction {
    fileprivate var isCall: Bool { opcode == .jump || opcode == .goto }
}

extension RejectKind {
    /// The place in `allCases`.
    fileprivate var number: UInt8 { UInt8(RejectKind.allCases.firstIndex(of: self) ?? 0) }
}
