internal import RuleModel

/// With which packets of one base chain the chains of a table are entered.
struct ChainEntries {
    let base: Int
    private var entries: [ChainVisit: [Entry]] = [:]
    private var visits: [Int: [ChainVisit]] = [:]

    /// Packets, and what became of their changes on the way.
    private struct Entry {
        var packets: Diagram
        var changes: FieldChanges
    }

    /// One packet may enter a chain several times, with different changes; over this it is too complex.
    private static let mostEntries = 64

    init(from base: Int, _ solver: ChainSolver, _ space: PacketSpace) {
        self.base = base
        let start = ChainVisit(chain: base, visit: 0)
        entries[start] = [Entry(packets: .always, changes: [:])]
        for visit in ChainEntries.callersFirst(from: start, solver) where !space.isTooComplex {
            visits[visit.chain, default: []].append(visit)
            guard let outcome = solver.outcomes[visit] else { continue }
            for entry in entries[visit] ?? [] {
                for call in outcome.calls {
                    let taken = space.store.substitute(entry.changes, in: call.taken)
                    var changes = entry.changes
                    for (level, change) in call.changes {
                        changes[level] = space.store.substitute(entry.changes, in: change)
                    }
                    add(
                        Entry(
                            packets: space.store.and(entry.packets, taken),
                            changes: solver.calls.readsChanges[call.callee.chain] ? changes : [:]),
                        to: call.callee, space)
                }
            }
        }
    }

    private mutating func add(_ entry: Entry, to visit: ChainVisit, _ space: PacketSpace) {
        if entry.packets == .never { return }
        var known = entries[visit] ?? []
        for index in known.indices {
            let other = known[index]
            if other.changes == entry.changes {
                known[index].packets = space.store.or(other.packets, entry.packets)
                entries[visit] = known
                return
            }
            guard space.store.and(other.packets, entry.packets) == .never else { continue }
            for level in Set(other.changes.keys).union(entry.changes.keys) {
                let unchanged = space.store.variable(level)
                known[index].changes[level] = space.store.choose(
                    entry.packets, entry.changes[level] ?? unchanged, other.changes[level] ?? unchanged)
            }
            known[index].packets = space.store.or(other.packets, entry.packets)
            entries[visit] = known
            return
        }
        guard known.count < ChainEntries.mostEntries else { return space.store.giveUp() }
        entries[visit] = known + [entry]
    }

    private static func callersFirst(from start: ChainVisit, _ solver: ChainSolver) -> [ChainVisit] {
        var finished: [ChainVisit] = []
        var seen: Set<ChainVisit> = [start]
        var path = [(visit: start, next: 0)]
        while let (visit, next) = path.last {
            let calls = solver.outcomes[visit]?.calls ?? []
            guard next < calls.count else {
                finished.append(visit)
                path.removeLast()
                continue
            }
            path[path.count - 1].next += 1
            let callee = calls[next].callee
            if seen.insert(callee).inserted { path.append((callee, 0)) }
        }
        return finished.reversed()
    }

    // MARK: Answers

    func reaches(_ chain: Int) -> Bool { visits[chain] != nil }

    func reaching(_ chain: Int, _ rule: Int, _ solver: ChainSolver, _ space: PacketSpace) -> Diagram {
        together(chain, solver, space) { $0.reaching(rule, &$1) }
    }

    func taking(_ chain: Int, _ rule: Int, _ solver: ChainSolver, _ space: PacketSpace) -> Diagram {
        together(chain, solver, space) { $1.and($0.tests[rule].holds, $0.reaching(rule, &$1)) }
    }

    private func together(
        _ chain: Int, _ solver: ChainSolver, _ space: PacketSpace,
        _ part: (ChainOutcome, inout DiagramStore) -> Diagram
    ) -> Diagram {
        var found: [Diagram] = []
        for visit in visits[chain] ?? [] {
            guard let outcome = solver.outcomes[visit] else { continue }
            let packets = part(outcome, &space.store)
            for entry in entries[visit] ?? [] {
                found.append(
                    space.store.and(entry.packets, space.store.substitute(entry.changes, in: packets)))
            }
        }
        return space.store.or(found)
    }

    /// Of some packets, those that meet a test of a rule that they come to.
    func meeting(
        _ test: KeyPath<TestDiagrams, Diagram>, _ chain: Int, _ rule: Int, of packets: Diagram,
        _ solver: ChainSolver,
        _ space: PacketSpace
    ) -> Diagram {
        var found: [Diagram] = []
        for visit in visits[chain] ?? [] {
            guard let outcome = solver.outcomes[visit] else { continue }
            let condition = outcome.tests[rule][keyPath: test]
            if condition == .never { continue }
            for entry in entries[visit] ?? [] {
                let entering = space.store.and(packets, entry.packets)
                if entry.changes.isEmpty {
                    let meeting = space.store.and(entering, condition)
                    if meeting != .never { found.append(outcome.reaching(rule, of: meeting, &space.store)) }
                } else {
                    let meeting = space.store.and(outcome.reaching(rule, &space.store), condition)
                    found.append(
                        space.store.and(entering, space.store.substitute(entry.changes, in: meeting)))
                }
            }
        }
        return space.store.or(found)
    }
}
