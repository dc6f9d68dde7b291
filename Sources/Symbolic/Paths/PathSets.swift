public import Packets
public import RuleModel

/// What becomes of the packets of one path, in all tables that they meet.
///
/// ```
/// INPUT    raw PREROUTING, mangle PREROUTING, mangle INPUT, filter INPUT, security INPUT
/// FORWARD  raw PREROUTING, mangle PREROUTING, mangle, filter, security FORWARD, mangle POSTROUTING
/// OUTPUT   raw OUTPUT, mangle OUTPUT, filter OUTPUT, security OUTPUT, mangle POSTROUTING
/// ```
///
/// Sets are in terms of packets as they arrive, or as the host sends them: with the hop limit and the mark that they
/// have before the first table. Which path a packet takes is not asked of routing, but of its interfaces. The table
/// nat is left out: its rules don't drop, and translating addresses isn't modelled.
public struct PathSets {
    /// What is decided in one table.
    public struct TableDecision: Sendable {
        public var table: TableKind
        public var decision: Decision
    }

    /// `input`, `forward` or `output`.
    public let path: Hook
    /// The packets of the path that are asked about.
    public let entering: PacketSet
    public private(set) var fates: Fates
    private var stages: [Stage] = []
    private let space: PacketSpace

    /// One base chain on the path.
    private struct Stage {
        var table: TableSets
        var hook: Hook
        /// The packets that come to it, as they arrived.
        var live: Diagram
        /// The fields that its rules see otherwise.
        var view: [UInt32: Diagram]
    }

    /// - Parameters:
    ///   - path: `input`, `forward` or `output`.
    ///   - tables: of one rule set, in the space.
    ///   - asked: if given, only these packets are looked at, as they arrive.
    /// - Throws: if the rules exceed the space's budget.
    public init(
        _ path: Hook, _ tables: [TableSets], in space: PacketSpace, about asked: PacketSet? = nil
    ) throws(TooComplex) {
        precondition(path == .input || path == .forward || path == .output)
        self.path = path
        self.space = space
        entering = asked.map { space.intersection($0, space.entering(path)) } ?? space.entering(path)
        var live = entering.diagram
        var dropped: [Diagram] = []
        var rejected: [Diagram] = []
        var hotdropped: [Diagram] = []
        var changes: FieldChanges = [:]
        var isForwarding = false
        for (kind, hook) in PathSets.stages(path) {
            guard let table = tables.first(where: { $0.table.kind == kind }),
                let outcome = table.outcome(at: hook)
            else { continue }
            if path == .forward, hook != .prerouting, !isForwarding {
                isForwarding = true
                space.step(space.layout[.number(.hopLimit)], up: false, where: .always, &changes)
            }
            let view = space.view(of: hook, changes)
            stages.append(Stage(table: table, hook: hook, live: live, view: view))
            func seen(_ diagram: Diagram) -> Diagram {
                space.store.and(live, space.store.substitute(view, in: diagram))
            }
            dropped.append(seen(outcome.dropped))
            rejected.append(seen(outcome.rejected))
            hotdropped.append(seen(outcome.hotdropped))
            for (level, change) in outcome.changes {
                changes[level] = space.store.substitute(view, in: change)
            }
            live = seen(outcome.accepted)
        }
        fates = Fates(
            accepted: PacketSet(diagram: live), dropped: PacketSet(diagram: space.store.or(dropped)),
            rejected: PacketSet(diagram: space.store.or(rejected)),
            hotdropped: PacketSet(diagram: space.store.or(hotdropped)))
        if space.isTooComplex { throw TooComplex() }
    }

    /// Each rule and policy that has the last word on some of the packets, with those: rules that drop or reject, and for
    /// accepted packets those of the table filter (without one, of the last table).
    public func decisions(about packets: PacketSet) -> [TableDecision] {
        var found: [TableDecision] = []
        let last =
            stages.contains { $0.table.table.kind == .filter }
            ? TableKind.filter : stages.last?.table.table.kind
        for stage in stages {
            let here = space.store.and(packets.diagram, stage.live)
            if here == .never { continue }
            let accepted = space.store.and(here, fates.accepted.diagram)
            for decision in decisions(stage, about: here) {
                var decision = decision
                if decision.verdict == .accept {
                    // What a later table drops was not the filter's to accept.
                    decision.packets = PacketSet(diagram: space.store.and(decision.packets.diagram, accepted))
                    guard stage.table.table.kind == last, !space.isEmpty(decision.packets) else { continue }
                }
                found.append(TableDecision(table: stage.table.table.kind, decision: decision))
            }
        }
        return found
    }

    private func decisions(_ stage: Stage, about packets: Diagram) -> [Decision] {
        if stage.view.isEmpty { return stage.table.decisions(at: stage.hook, about: packets) }
        return stage.table.decisions(at: stage.hook, about: space.everything.diagram).compactMap { decision in
            let seen = space.store.substitute(stage.view, in: decision.packets.diagram)
            let met = space.store.and(packets, seen)
            guard met != .never else { return nil }
            var decision = decision
            decision.packets = PacketSet(diagram: met)
            return decision
        }
    }

    private static func stages(_ path: Hook) -> [(table: TableKind, hook: Hook)] {
        switch path {
        case .input:
            [
                (.raw, .prerouting), (.mangle, .prerouting), (.mangle, .input), (.filter, .input),
                (.security, .input),
            ]
        case .forward:
            [
                (.raw, .prerouting), (.mangle, .prerouting), (.mangle, .forward), (.filter, .forward),
                (.security, .forward), (.mangle, .postrouting),
            ]
        default:
            [
                (.raw, .output), (.mangle, .output), (.filter, .output), (.security, .output),
                (.mangle, .postrouting),
            ]
        }
    }
}

extension PacketSpace {
    /// All packets of a path, as they arrive or are sent; what is forwarded arrives with a hop limit to spare.
    public func entering(_ path: Hook) -> PacketSet {
        let hasInput = !store.number(layout[.interface(.input)], in: 0...0)
        let hasOutput = !store.number(layout[.interface(.output)], in: 0...0)
        switch path {
        case .forward:
            let goesOn = number(.hopLimit, in: NumberSet(2...255))
            return limited(store.and(store.and(hasInput, hasOutput), goesOn))
        default: return packets(at: path)
        }
    }

    /// The fields that rules at a hook see otherwise than they were when the packet arrived.
    func view(of hook: Hook, _ changes: FieldChanges) -> [UInt32: Diagram] {
        var view = changes
        if hook == .prerouting {
            for level in layout[.interface(.output)] { view[level] = .never }
        }
        return view
    }
}
