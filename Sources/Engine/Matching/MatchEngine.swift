public import Packets
public import RuleModel

/// Runs compiled rules over packets, and keeps their counters and the memories of their tests.
public struct MatchEngine: ~Copyable {
    /// Nil for a family without rules: every table is absent, every packet passes.
    public let rules: CompiledRules?
    /// Packets and bytes since the start, by `RuleID.index`; what the rule file says isn't added.
    public private(set) var counters: [RuleCounters]
    let ranges: [CompiledRules.WordRange]
    let addresses: [CompiledRules.AddressOperands]
    private(set) var interfaceSets: [InterfaceSet]
    let histories: [any MatchHistory]
    private let code: [Instruction]
    private let entries: [CompiledRules.Entry?]
    /// Where callers go on when a user chain returns.
    private var callers: [UInt32]

    public init(_ rules: CompiledRules?) {
        self.rules = rules
        counters = Array(repeating: RuleCounters(), count: rules?.ruleCount ?? 0)
        ranges = rules?.ranges ?? []
        addresses = rules?.addresses ?? []
        interfaceSets = rules?.interfaceSets ?? []
        histories = rules?.histories.map { $0.makeHistory() } ?? []
        code = rules?.code ?? []
        entries =
            rules?.entries ?? Array(repeating: nil, count: TableKind.allCases.count * Hook.allCases.count)
        callers = Array(repeating: 0, count: (rules?.maximumDepth ?? 0) + 1)
    }

    /// Lets interface patterns know of names that were given out since the rules were compiled. A packet from an
    /// interface that wasn't admitted matches no pattern with `+`.
    public mutating func admit(_ interfaces: InterfaceTable) {
        for index in interfaceSets.indices { interfaceSets[index].extend(to: interfaces) }
    }

    /// Whether there is a table filter.
    var hasFilter: Bool { entries[CompiledRules.entryIndex(.filter, .forward)] != nil }

    /// Sends a packet through a table's base chain; nil if the rule set doesn't have the table, or the table no
    /// chain at the hook.
    ///
    /// - Parameters:
    ///   - metadata: MARK changes its mark.
    ///   - bytes: the frame that the packet was decoded from.
    ///   - host: whose routing tells kinds of addresses.
    public mutating func run(
        _ table: TableKind, at hook: Hook, _ packet: Packet, _ metadata: inout PacketMetadata,
        _ flow: FlowView, bytes: RawSpan, host: SimulatedHost
    ) -> TableVerdict? {
        var words = PacketWords(packet, metadata, flow)
        var observer = NoObserver()
        return run(
            table, at: hook, &words, packet, &metadata, flow, bytes: bytes, host: host, observer: &observer)
    }

    /// The same with words that are kept from table to table, and somebody looking on.
    mutating func run<Observer: TraversalObserver>(
        _ table: TableKind, at hook: Hook, _ words: inout PacketWords, _ packet: Packet,
        _ metadata: inout PacketMetadata, _ flow: FlowView, bytes: RawSpan,
        host: SimulatedHost, observer: inout Observer
    ) -> TableVerdict? {
        guard let entry = entries[CompiledRules.entryIndex(table, hook)] else { return nil }
        var place = entry.first
        var depth = 0
        while true {
            let step = code[Int(place)]
            if !step.opcode.isAction {
                let outcome =
                    step.opcode == .word
                    ? TestOutcome(words.test(step)) : test(step, words, packet, metadata, flow, bytes, host)
                let next = outcome == .holds ? step.onTrue : step.onFalse
                if Observer.seesTests {
                    observe(place, to: next, outcome, TraceEvent(hook, words), &observer)
                }
                if outcome == .hotdrop { return TableVerdict(kind: .hotdrop, rule: rule(at: place)) }
                place = next
                continue
            }

            let rule = RuleID(index: step.low)
            counters[Int(step.low)].packets &+= 1
            counters[Int(step.low)].bytes &+= UInt64(words[.length])
            if Observer.seesTests { observer.observe(TraceEvent(hook, words, rule, .hit)) }
            place = step.onTrue
            switch step.opcode {
            case .accept, .policyAccept: return TableVerdict(kind: .accept, rule: rule)
            case .drop, .policyDrop: return TableVerdict(kind: .drop, rule: rule)
            case .reject:
                return TableVerdict(kind: .reject(RejectKind.allCases[Int(step.selector)]), rule: rule)
            case .setMark:
                words[.mark] = (words[.mark] & ~step.mask) ^ step.span
                metadata.mark = words[.mark]
            case .jump:
                callers[depth] = step.onTrue
                depth += 1
                place = step.onFalse
            case .goto: place = step.onFalse
            case .returnToCaller where depth > 0:
                depth -= 1
                place = callers[depth]
            case .returnToCaller: place = entry.policy
            default: break
            }
        }
    }

    /// The rule that an instruction is part of.
    private func rule(at place: UInt32) -> RuleID {
        guard let starts = rules?.starts else { preconditionFailure("there is no instruction without rules") }
        var low = 0
        var high = starts.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if starts[middle] <= place { low = middle } else { high = middle - 1 }
        }
        return RuleID(index: UInt32(low))
    }

    /// Tells of a test that ended a rule's condition for the worse.
    private func observe<Observer: TraversalObserver>(
        _ place: UInt32, to next: UInt32, _ outcome: TestOutcome, _ event: TraceEvent,
        _ observer: inout Observer
    ) {
        guard let rules else { return }
        let rule = rule(at: place)
        let start = rules.starts[Int(rule.index)]
        let end =
            Int(rule.index) + 1 < rules.ruleCount
            ? rules.starts[Int(rule.index) + 1] : UInt32(rules.code.count)
        var event = event
        event.rule = rule
        let leaf = UInt16(clamping: place - start)
        if outcome == .hotdrop {
            event.outcome = .hotdrop(leaf: leaf)
        } else if next < start || next >= end {
            event.outcome = .miss(leaf: leaf)
        } else {
            return
        }
        observer.observe(event)
    }
}

extension TraceEvent {
    fileprivate init(
        _ hook: Hook, _ words: PacketWords, _ rule: RuleID = RuleID(index: 0), _ outcome: Outcome = .hit
    ) {
        self.rule = rule
        self.hook = hook
        self.outcome = outcome
        inInterface = InterfaceID(rawValue: UInt16(words[.inInterface]))
        outInterface = InterfaceID(rawValue: UInt16(words[.outInterface]))
        mark = words[.mark]
        hopLimit = UInt8(words[.hopLimit])
        connectionState = ConnectionState(rawValue: UInt8(words[.connectionState])) ?? .untracked
    }
}
