internal import RuleModel

/// With which packets of one base chain the chains of a table are entered.
struct ChainEntries {
    let base: Int
    private var entries: [ChainVisit: [Entry]] = [:]
    private var visits: [Int: [ChainVisit]] = [:]

    /// Packets, and what became of their marks on the way.
    private struct Entry {
        var packets: Diagram
        var marks: MarkChanges
    }

    /// One packet may enter a chain several times, with different marks; over this it is too complex.
    private static let mostEntries = 64

    init(from base: Int, _ solver: ChainSolver, _ space: PacketSpace) {
        self.base = base
        let start = ChainVisit(chain: base, visit: 0)
        entries[start] = [Entry(packets: .always, marks: [:])]
        for visit in ChainEntries.callersFirst(from: start, solver) where !space.isTooComplex {
            visits[visit.chain, default: []].append(visit)
            guard let outcome = solver.outcomes[visit] else { continue }
            for entry in entries[visit] ?? [] {
                for call in outcome.calls {
                    let taken = space.store.substitute(entry.marks, in: outcome.taken(call.rule, &space.store))
                    var marks = entry.marks
                    for (level, change) in call.marks {
                        marks[level] = space.store.substitute(entry.marks, in: change)
                    }
                    add(
                        Entry(
                            packets: space.store.and(entry.packets, taken),
                            marks: solver.calls.readsMark[call.callee.chain] ? marks : [:]),
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
            if other.marks == entry.marks {
                known[index].packets = space.store.or(other.packets, entry.packets)
                entries[visit] = known
                return
            }
            guard space.store.and(other.packets, entry.packets) == .never else { continue }
            for level in Set(other.marks.keys).union(entry.marks.keys) {
                let unchanged = space.store.variable(level)
                known[index].marks[level] = space.store.choose(
                    entry.packets, entry.marks[level] ?? unchanged, other.marks[level] ?? unchanged)
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
        together(chain, solver, space) { outcome, _ in outcome.reaching[rule] }
    }

    func taking(_ chain: Int, _ rule: Int, _ solver: ChainSolver, _ space: PacketSpace) -> Diagram {
        together(chain, solver, space) { $0.taken(rule, &$1) }
    }

    func hotdropping(_ chain: Int, _ rule: Int, _ solver: ChainSolver, _ space: PacketSpace) -> Diagram {
        together(chain, solver, space) { $1.and($0.reaching[rule], $0.tests[rule].hotdrops) }
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
                    space.store.and(entry.packets, space.store.substitute(entry.marks, in: packets)))
            }
        }
        return space.store.or(found)
    }
}
