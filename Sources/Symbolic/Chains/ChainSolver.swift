internal import Packets
internal import RuleModel

/// Computes what the chains of one table do with packets.
struct ChainSolver {
    let table: Table
    let calls: ChainCalls
    private(set) var outcomes: [ChainVisit: ChainOutcome] = [:]
    /// What packets have for certain in this table, whatever their fields say later.
    private let fixed: [UInt32: Diagram]

    /// More visits of one chain by one packet, each asking a test with memory, are too complex.
    private static let mostVisits = 16

    init(_ table: Table, in space: PacketSpace) {
        self.table = table
        calls = ChainCalls(table)
        fixed = table.kind == .raw ? space.untracked : [:]
        for chain in calls.order where !space.isTooComplex {
            solve(ChainVisit(chain: chain, visit: 0), space)
        }
    }

    private mutating func solve(_ visit: ChainVisit, _ space: PacketSpace) {
        if outcomes[visit] != nil { return }
        let chain = table.chains[visit.chain]
        var run = ChainRun(
            histories: OccurrenceCounter(place: "\(table.kind.rawValue):\(chain.name)", visit: visit.visit))
        for (index, rule) in chain.rules.enumerated() {
            if space.isTooComplex { return }
            let test = test(rule, &run, space)
            run.outcome.tests.append(test)
            let effect = RuleBlock.Effect(rule, test, &space.store)
            if rule.isPlain {
                run.waiting.append(effect)
                continue
            }
            run.finishBlock(before: index, &space.store)
            run.waiting = [effect]
            let taken = space.store.and(run.live, test.holds)
            run.finishBlock(before: index + 1, &space.store)
            follow(rule, index, taken, visit.visit, &run, space)
        }
        run.finishBlock(before: chain.rules.count, &space.store)
        run.outcome.returned = space.store.or(run.returned + [run.live])
        run.finish(&space.store)
        outcomes[visit] = run.outcome
    }

    private func test(_ rule: Rule, _ run: inout ChainRun, _ space: PacketSpace) -> TestDiagrams {
        var test = space.test(rule.condition, &run.histories)
        if case .synproxy? = rule.target.action { test.holds = space.store.and(test.holds, space.handshake) }
        if rule.condition.hasHistory { run.outcome.histories.formUnion(space.historyLevels(in: test)) }
        if !fixed.isEmpty { test = space.substitute(fixed, in: test) }
        if !run.outcome.changes.isEmpty { test = space.substitute(run.outcome.changes, in: test) }
        return test
    }

    /// What else a rule does with the packets that it takes: they are still among the live ones.
    private mutating func follow(
        _ rule: Rule, _ index: Int, _ taken: Diagram, _ visit: Int, _ run: inout ChainRun,
        _ space: PacketSpace
    ) {
        switch rule.target {
        case .none: break
        case .jump(let name):
            guard let callee = calls.numbers[name] else { return }
            run.live = space.store.subtract(taken, from: run.live)
            let returned = call(callee, index, taken, visit, &run, space)
            run.live = space.store.or(run.live, returned)
        case .goto(let name):
            guard let callee = calls.numbers[name] else { return }
            run.live = space.store.subtract(taken, from: run.live)
            run.returned.append(call(callee, index, taken, visit, &run, space))
        case .action(let target):
            space.apply(target.action, where: taken, &run.outcome.changes)
        }
    }

    /// Adds what a called chain does with the packets, and gives back those that it returns.
    private mutating func call(
        _ callee: Int, _ index: Int, _ taken: Diagram, _ visit: Int, _ run: inout ChainRun,
        _ space: PacketSpace
    ) -> Diagram {
        guard let called = freshVisit(of: callee, taken, from: visit, run, space),
            let outcome = outcomes[called]
        else { return .never }
        run.outcome.calls.append(
            ChainOutcome.Call(rule: index, callee: called, taken: taken, changes: run.outcome.changes))
        run.outcome.histories.formUnion(outcome.histories)
        let changes = calls.readsChanges[callee] ? run.outcome.changes : [:]
        func part(_ diagram: Diagram) -> Diagram {
            space.store.and(taken, space.store.substitute(changes, in: diagram))
        }
        run.accepted.append(part(outcome.accepted))
        run.dropped.append(part(outcome.dropped))
        run.rejected.append(part(outcome.rejected))
        run.hotdropped.append(part(outcome.hotdropped))
        let returned = part(outcome.returned)
        let before = run.outcome.changes
        for (level, changed) in outcome.changes {
            let now = before[level] ?? space.store.variable(level)
            let then = space.store.substitute(before, in: changed)
            run.outcome.changes[level] = space.store.choose(taken, then, now)
        }
        return returned
    }

    /// The first visit of a chain whose histories the packets haven't asked yet.
    private mutating func freshVisit(
        of callee: Int, _ taken: Diagram, from first: Int, _ run: ChainRun, _ space: PacketSpace
    ) -> ChainVisit? {
        guard calls.hasHistory[callee] else { return ChainVisit(chain: callee, visit: 0) }
        var asked = space.store.support(taken)
        for function in run.outcome.changes.values { asked.formUnion(space.store.support(function)) }
        for number in first..<ChainSolver.mostVisits {
            let visit = ChainVisit(chain: callee, visit: number)
            solve(visit, space)
            guard let outcome = outcomes[visit] else { return nil }
            if outcome.histories.isDisjoint(with: asked) { return visit }
        }
        space.store.giveUp()
        return nil
    }
}

/// A chain while its rules are gone through.
private struct ChainRun {
    /// The packets that are still in the chain.
    var live = Diagram.always
    var outcome = ChainOutcome()
    var histories: OccurrenceCounter
    var accepted: [Diagram] = []
    var dropped: [Diagram] = []
    var rejected: [Diagram] = []
    var hotdropped: [Diagram] = []
    var returned: [Diagram] = []

    /// The rules behind the last block, which aren't in one yet.
    var waiting: [RuleBlock.Effect] = []

    init(histories: OccurrenceCounter) { self.histories = histories }

    /// - Parameter end: the number behind the last of the waiting rules.
    mutating func finishBlock(before end: Int, _ store: inout DiagramStore) {
        guard !waiting.isEmpty else { return }
        let block = RuleBlock(first: end - waiting.count, entering: live, waiting, &store)
        waiting = []
        outcome.blocks.append(block)
        accepted.append(store.and(live, block.effect.accepted))
        dropped.append(store.and(live, block.effect.dropped))
        rejected.append(store.and(live, block.effect.rejected))
        hotdropped.append(store.and(live, block.effect.hotdropped))
        returned.append(store.and(live, block.effect.returned))
        live = store.and(live, block.effect.passed)
    }

    mutating func finish(_ store: inout DiagramStore) {
        outcome.accepted = store.or(accepted)
        outcome.dropped = store.or(dropped)
        outcome.rejected = store.or(rejected)
        outcome.hotdropped = store.or(hotdropped)
    }
}

extension PacketSpace {
    /// A packet before connection tracking.
    fileprivate var untracked: [UInt32: Diagram] {
        var values: [UInt32: Diagram] = [:]
        let state = layout[.number(.connectionState)]
        for (position, level) in state.reversed().enumerated() {
            values[level] = ConnectionState.untracked.rawValue >> position & 1 == 1 ? .always : .never
        }
        for level in layout[.number(.connectionStatus)] { values[level] = .never }
        return values
    }

    fileprivate func substitute(_ replacements: [UInt32: Diagram], in test: TestDiagrams) -> TestDiagrams {
        TestDiagrams(
            holds: store.substitute(replacements, in: test.holds),
            hotdrops: store.substitute(replacements, in: test.hotdrops))
    }

    fileprivate func historyLevels(in test: TestDiagrams) -> Set<UInt32> {
        store.support(test.holds).union(store.support(test.hotdrops)).intersection(historyLevels)
    }
}

extension Rule {
    /// Whether the rule neither leads to a chain nor changes what later rules see.
    fileprivate var isPlain: Bool {
        switch target {
        case .none: return true
        case .jump, .goto: return false
        case .action(let target):
            return target.action.changedFields.isEmpty
        }
    }
}
