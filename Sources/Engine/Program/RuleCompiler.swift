public import Packets
public import RuleModel

/// Turns a rule set into a program.
public enum RuleCompiler {
    /// - Parameters:
    ///   - ruleSet: validated: every chain that is named exists, and none that a packet can reach
    ///     leads back to itself.
    ///   - interfaces: takes in the names in the rules. Those that it learns later reach the program through
    ///     `MatchEngine.admit`.
    ///   - unknown: what is made of tests whose fact nobody gave.
    public static func compile(
        _ ruleSet: RuleSet, interfaces: inout InterfaceTable, unknown: UnknownFacts = .under
    ) -> CompiledRules {
        var builder = ProgramBuilder(family: ruleSet.family, interfaces: interfaces, unknown: unknown)
        for (index, table) in ruleSet.tables.enumerated().reversed() {
            builder.add(table, index: index, backend: ruleSet.backend)
        }
        interfaces = builder.interfaces
        var compiled = CompiledRules(ruleSet, builder.finish())
        compiled.admit(interfaces)
        return compiled
    }
}

/// Emits a program from its end to its beginning, so that where an instruction leads to is always known; the
/// last step turns it round.
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
    var packetTests: [PacketTest] = []
    var facts: [String] = []
    var effects: [Action] = []
    /// The answer that a test of an unknown fact gets at this place of a condition, so that the whole condition comes out
    /// as `UnknownFacts` says.
    var factAnswer: Bool
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
        var packetTests: [PacketTest]
        var facts: [String]
        var effects: [Action]
        var chains: [CompiledRules.ChainPlace]
        var maximumDepth: Int
        var needsConntrack: Bool
    }

    init(family: AddressFamily, interfaces: InterfaceTable, unknown: UnknownFacts) {
        self.family = family
        self.interfaces = interfaces
        factAnswer = unknown == .over
        entries = Array(repeating: nil, count: TableKind.allCases.count * Hook.allCases.count)
    }

    mutating func number(ofFact fact: String) -> Int {
        if let known = facts.firstIndex(of: fact) { return known }
        facts.append(fact)
        return facts.count - 1
    }

    /// Appends an instruction and gives its place.
    mutating func emit(_ instruction: Instruction) -> UInt32 {
        reversed.append(instruction)
        return UInt32(reversed.count - 1)
    }

    /// Tables, too, come from the last to the first.
    mutating func add(_ table: Table, index: Int, backend: RuleBackend) {
        var firstRules: [UInt32] = Array(repeating: 0, count: table.chains.count)
        var numbers: [String: Int] = [:]
        for (number, chain) in table.chains.enumerated() { numbers[chain.name] = number }
        let firstOfTable = reversed.count

        for (number, chain) in table.chains.enumerated().reversed() {
            addEnd(of: chain)
            let end = UInt32(starts.count - 1)
            for rule in chain.rules.reversed() { add(rule, chainNumbers: numbers) }
            let first = UInt32(starts.count - 1)
            chains.append(CompiledRules.ChainPlace(first: first, table: index, chain: number))
            firstRules[number] = first
            if let hook = chain.hook, backend == .legacy || chain.isMentioned {
                entries[CompiledRules.entryIndex(table.kind, hook)] = CompiledRules.Entry(
                    first: first, policy: end)
            }
        }
        for place in firstOfTable..<reversed.count where reversed[place].isCall {
            reversed[place].exit = firstRules[Int(reversed[place].exit)]
        }
        maximumDepth = max(maximumDepth, CallDepth(table, numbers).maximum)
    }

    private mutating func addEnd(of chain: Chain) {
        let opcode: Opcode =
            switch chain.policy {
            case .accept: .policyAccept
            case .drop: .policyDrop
            case nil: .returnToCaller
            }
        starts.append(emit(Instruction(opcode: opcode)))
    }

    private mutating func add(_ rule: Rule, chainNumbers: [String: Int]) {
        needsConntrack =
            needsConntrack || rule.condition.asksForConnection
            || (rule.target.action?.asksForConnection ?? false)
        let action = emit(action(of: rule.target, chainNumbers: chainNumbers))
        var start = emit(rule.condition, onTrue: action, onFalse: Instruction.nextRule)
        if start == Instruction.nextRule { start = emit(Instruction(opcode: .leave)) }
        starts.append(start)
    }

    private mutating func action(of target: RuleTarget, chainNumbers: [String: Int]) -> Instruction {
        func number(of chain: String) -> UInt32 {
            guard let number = chainNumbers[chain] else {
                preconditionFailure("a validated rule set has the chain \(chain)")
            }
            return UInt32(number)
        }
        switch target {
        case .none: return Instruction(opcode: .proceed)
        case .jump(let chain): return Instruction(opcode: .jump, exit: number(of: chain))
        case .goto(let chain): return Instruction(opcode: .goto, exit: number(of: chain))
        case .action(let target): return instruction(of: target.action)
        }
    }

    private mutating func instruction(of action: Action) -> Instruction {
        switch action {
        case .accept: return Instruction(opcode: .accept)
        case .drop: return Instruction(opcode: .drop)
        case .returnToCaller: return Instruction(opcode: .returnToCaller)
        case .setMark(let value, let mask): return Instruction(opcode: .setMark, mask: mask, low: value)
        case .log: return Instruction(opcode: .log)
        case .reject(let kind): return Instruction(opcode: .reject, selector: kind.number)
        case .aside(let effect): return Instruction(opcode: effect == .trace ? .trace : .proceed)
        case .translate, .queue, .change, .connection, .memory, .proxy, .synproxy, .copy:
            effects.append(action)
            for fact in action.wantedFacts { _ = number(ofFact: fact) }
            return Instruction(opcode: .effect, low: UInt32(effects.count - 1))
        }
    }

    /// Turns the program round.
    consuming func finish() -> Program {
        let count = UInt32(reversed.count)
        let ruleCount = UInt32(starts.count)
        var code: [Instruction] = []
        code.reserveCapacity(reversed.count)
        for var instruction in reversed.reversed() {
            if instruction.isCall {
                instruction.exit = ruleCount - 1 - instruction.exit
            } else if instruction.exit != Instruction.nextRule {
                instruction.exit = count - 1 - instruction.exit
            }
            code.append(instruction)
        }
        return Program(
            code: code, starts: starts.reversed().map { count - 1 - $0 },
            entries: entries.map { entry in
                entry.map {
                    CompiledRules.Entry(first: ruleCount - 1 - $0.first, policy: ruleCount - 1 - $0.policy)
                }
            },
            ranges: ranges, addresses: addresses, interfaceSets: interfaceSets, histories: histories,
            packetTests: packetTests, facts: facts, effects: effects,
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

extension Action {
    /// The facts that the action may ask for.
    fileprivate var wantedFacts: [String] {
        switch self {
        case .proxy: [EffectFact.socket]
        case .synproxy: [EffectFact.synCookie]
        case .change(.segmentSize(.ofPath)): [EffectFact.mtu]
        case .connection(.track(let template)):
            (template.helper.isEmpty ? [] : [EffectFact.payload, EffectFact.helper(template.helper)])
                + (template.timeoutPolicy.isEmpty ? [] : [EffectFact.timeout(template.timeoutPolicy)])
        default: []
        }
    }
}

extension RejectKind {
    /// The place in `allCases`.
    fileprivate var number: UInt8 { UInt8(RejectKind.allCases.firstIndex(of: self) ?? 0) }
}
