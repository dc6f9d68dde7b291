import Diagnostics
import Packets

/// Which chains of a table lead to which: finds loops, and rules that are reached from a wrong hook.
struct ChainGraph {
    let table: TableDraft
    /// For each chain and each hook (`Hook.rawValue`) that reaches it: the chain before it, or itself.
    private var cameFrom: [[Int?]]
    private let edges: [[Int]]
    /// The chains to which each jumps or goes, each with the first place that says so.
    private let jumps: [[Int: SourceRange]]

    init(_ table: TableDraft) {
        self.table = table
        jumps = table.chains.map { chain in
            var jumps: [Int: SourceRange] = [:]
            let rules = chain.rules
            for index in rules.indices {
                if let jump = rules[index].jump, jumps[jump.chain] == nil { jumps[jump.chain] = jump.range }
            }
            return jumps
        }
        edges = jumps.map { jumps in
            jumps.isEmpty ? [] : jumps.sorted { $0.value.lower < $1.value.lower }.map(\.key)
        }
        cameFrom = Array(
            repeating: Array(repeating: nil, count: table.chains.count), count: Hook.allCases.count)
        for (base, hook) in table.kind.hooks.enumerated() { search(from: base, hook) }
    }

    private mutating func search(from base: Int, _ hook: Hook) {
        let row = Int(hook.rawValue)
        cameFrom[row][base] = base
        var waiting = [base]
        var next = 0
        while next < waiting.count {
            let chain = waiting[next]
            next += 1
            for target in edges[chain] where cameFrom[row][target] == nil {
                cameFrom[row][target] = chain
                waiting.append(target)
            }
        }
    }

    private func isReached(_ chain: Int) -> Bool { cameFrom.contains { $0[chain] != nil } }

    /// Jumps of a loop beyond these aren't shown.
    private static let mostNotes = 8

    /// The kernel refuses a loop that a packet could reach (`mark_source_chains` in `ip_tables.c`) and takes others.
    func reportLoops(_ diagnostics: inout DiagnosticCollector) -> Bool {
        var isSound = true
        var harmless = 0
        var state = [UInt8](repeating: 0, count: table.chains.count)
        var depth = [Int](repeating: 0, count: table.chains.count)
        for start in table.chains.indices where state[start] == 0 {
            var path: [(chain: Int, edge: Int)] = [(start, 0)]
            state[start] = 1
            while let (chain, edge) = path.last {
                guard edge < edges[chain].count else {
                    state[chain] = 2
                    path.removeLast()
                    continue
                }
                path[path.count - 1].edge += 1
                let target = edges[chain][edge]
                if state[target] == 0 {
                    state[target] = 1
                    depth[target] = path.count
                    path.append((target, 0))
                } else if state[target] == 1 {
                    let isReached = isReached(target)
                    if !isReached { harmless += 1 }
                    if isReached || harmless <= 20 {
                        report(path[depth[target]...].map(\.chain) + [target], isReached, &diagnostics)
                    }
                    isSound = isSound && !isReached
                    if diagnostics.isFull { return false }
                }
            }
        }
        return isSound
    }

    private func report(_ cycle: [Int], _ isReached: Bool, _ diagnostics: inout DiagnosticCollector) {
        guard let last = cycle.dropLast().last, let place = jumps[last][cycle[0]] else { return }
        let text = "chains call each other in a loop: \(names(cycle))"
        let notes = zip(cycle, cycle.dropFirst()).dropLast().prefix(Self.mostNotes).compactMap { from, to in
            jumps[from][to].map {
                Diagnostic.Note(
                    "\(table.chains[from].name) leads to \(table.chains[to].name) here", at: $0)
            }
        }
        if isReached {
            diagnostics.error(text, at: place, code: "FW004", notes: notes)
        } else {
            diagnostics.warning(
                text + " (no base chain leads to it)", at: place, code: "FW004", notes: notes)
        }
    }

    func reportMisplaced(_ diagnostics: inout DiagnosticCollector) -> Bool {
        var isSound = true
        for (index, chain) in table.chains.enumerated() {
            let rules = chain.rules
            for restriction in rules.indices.lazy.flatMap({ rules[$0].restrictions }) {
                guard
                    let hook = table.kind.hooks.first(where: {
                        cameFrom[Int($0.rawValue)][index] != nil && !restriction.hooks.contains($0)
                    })
                else { continue }
                isSound = false
                let allowed = Hook.allCases.filter(restriction.hooks.contains).map(\.chainName)
                var notes: [Diagnostic.Note] = []
                if chain.hook == nil { notes = [.init("reached by \(names(way(to: index, from: hook)))")] }
                diagnostics.error(
                    "\(restriction.name) can't be used from \(hook.chainName), only from "
                        + allowed.joined(separator: ", "),
                    at: restriction.range, code: "FW007", notes: notes)
                if diagnostics.isFull { return false }
            }
        }
        return isSound
    }

    private func way(to chain: Int, from hook: Hook) -> [Int] {
        var way = [chain]
        while let last = way.last, let before = cameFrom[Int(hook.rawValue)][last], before != last {
            way.append(before)
        }
        return way.reversed()
    }

    private func names(_ chains: [Int]) -> String {
        var names = chains.map { table.chains[$0].name }
        if names.count > 12 { names.replaceSubrange(6..<(names.count - 5), with: ["…"]) }
        return names.joined(separator: " → ")
    }
}
