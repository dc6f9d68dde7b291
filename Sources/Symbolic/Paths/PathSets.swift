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
    /// All packets of the path.
    public let entering: PacketSet
    public private(set) var fates: Fates
    /// Each rule and policy that has the last word on packets of the path: those that drop or reject, and for accepted
    /// packets those of the table filter (without one, of the last table).
    public private(set) var decisions: [TableDecision] = []

    /// - Parameters:
    ///   - path: `input`, `forward` or `output`.
    ///   - tables: of one rule set, in the space.
    /// - Throws: if the rules exceed the space's budget.
    public init(_ path: Hook, _ tables: [TableSets], in space: PacketSpace) throws(TooComplex) {
        precondition(path == .input || path == .forward || path == .output)
        self.path = path
        entering = space.entering(path)
        var live = entering.diagram
        var dropped: [Diagram] = []
        var rejected: [Diagram] = []
        var hotdropped: [Diagram] = []
        var marks: MarkChanges = [:]
        var lastWords: [TableDecision] = []
        for stage in PathSets.stages(path) {
            guard let table = tables.first(where: { $0.table.kind == stage.table }),
                let outcome = table.outcome(at: stage.hook)
            else { continue }
            let view = space.view(of: stage.hook, on: path, marks: marks)
            func seen(_ diagram: Diagram) -> Diagram {
                space.store.and(live, space.store.substitute(view, in: diagram))
            }
            let decisions = table.decisions(at: stage.hook).compactMap { decision -> TableDecision? in
                let packets = seen(decision.packets.diagram)
                guard packets != .never else { return nil }
                var decision = decision
                decision.packets = PacketSet(diagram: packets)
                return TableDecision(table: stage.table, decision: decision)
            }
            self.decisions += decisions.filter { $0.decision.verdict != .accept }
            if stage.table == .filter || lastWords.first?.table != .filter {
                let accepting = decisions.filter { $0.decision.verdict == .accept }
                lastWords = accepting
            }
            dropped.append(seen(outcome.dropped))
            rejected.append(seen(outcome.rejected))
            hotdropped.append(seen(outcome.hotdropped))
            var after = marks
            for (level, change) in outcome.marks { after[level] = space.store.substitute(view, in: change) }
            live = seen(outcome.accepted)
            marks = after
        }
        fates = Fates(
            accepted: PacketSet(diagram: live), dropped: PacketSet(diagram: space.store.or(dropped)),
            rejected: PacketSet(diagram: space.store.or(rejected)),
            hotdropped: PacketSet(diagram: space.store.or(hotdropped)))
        // What a later table drops was not the filter's to accept.
        self.decisions += lastWords.compactMap { word in
            let packets = space.store.and(word.decision.packets.diagram, live)
            guard packets != .never else { return nil }
            var word = word
            word.decision.packets = PacketSet(diagram: packets)
            return word
        }
        if space.isTooComplex { throw TooComplex() }
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
    func view(of hook: Hook, on path: Hook, marks: MarkChanges) -> [UInt32: Diagram] {
        var view = marks
        if hook == .prerouting {
            for level in layout[.interface(.output)] { view[level] = .never }
        }
        if path == .forward, hook == .forward || hook == .postrouting {
            // One less: a bit changes if all bits behind it are zero.
            var isZeroBehind = Diagram.always
            for level in layout[.number(.hopLimit)].reversed() {
                let bit = store.variable(level)
                view[level] = store.choose(isZeroBehind, !bit, bit)
                isZeroBehind = store.and(isZeroBehind, !bit)
            }
        }
        return view
    }
}
