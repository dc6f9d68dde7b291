public import Packets
public import RuleModel

/// A set of packets of a `PacketSpace`, each with what the kernel keeps beside it (interfaces, mark, connection).
/// Equal sets of one space are equal values; those of two spaces have nothing to do with each other.
public struct PacketSet: Hashable, Sendable {
    let diagram: Diagram
}

/// How much work a space may take.
public struct ComplexityBudget: Sendable {
    public var nodes: Int
    public var steps: Int

    public init(nodes: Int, steps: Int) {
        self.nodes = nodes
        self.steps = steps
    }

    /// Some 700 MB, and half a minute.
    public static let standard = ComplexityBudget(nodes: 24 << 20, steps: 400_000_000)
}

/// The rules take more work than the budget allows.
public struct TooComplex: Error, Hashable {
    public init() {}
}

/// All packets of one family, with all that rules can test of them; owns the diagrams of their sets.
///
/// Exact but for this: a connection's addresses and ports don't follow from the packet's, a packet's length only has
/// to hold its headers, and what the packet doesn't tell (`FreeVariable`) may be any answer.
public final class PacketSpace {
    public let family: AddressFamily
    let atoms: InterfaceAtoms
    var store: DiagramStore
    var layout: FieldLayout
    var freeVariables: [FreeVariable: Range<UInt32>] = [:]
    /// Those of `freeVariables` that are answers of histories.
    var historyLevels: Set<UInt32> = []
    /// Those of single TCP options, by kind.
    var optionLevels: [UInt8: UInt32] = [:]
    var patternDiagrams: [InterfaceField: [InterfacePattern: Diagram]] = [:]
    private var wellFormed: Diagram = .always
    private var standAloneConditions = 0

    /// - Parameters:
    ///   - tables: rules whose conditions the space is for; a pattern of interface names in none of them nor in
    ///     `conditions` can't be told from others.
    public init(
        family: AddressFamily, tables: [Table], conditions: [Condition] = [],
        budget: ComplexityBudget = .standard
    ) {
        self.family = family
        var uses = FieldUses()
        for condition in conditions { uses.add(condition) }
        for rule in tables.lazy.flatMap(\.chains).flatMap(\.rules) { uses.add(rule.condition) }
        atoms = InterfaceAtoms(uses.patterns)
        layout = FieldLayout(family, interfaceBits: atoms.bits, uses: uses)
        store = DiagramStore(nodeLimit: budget.nodes, stepLimit: budget.steps)
        wellFormed = makeWellFormed()
    }

    /// Whether the budget was exceeded. If so, every answer of the space since then is worthless: whoever gives one asks
    /// this last.
    public var isTooComplex: Bool { store.isExhausted }

    // MARK: Sets

    /// Every packet that there can be at some hook.
    public var everything: PacketSet { PacketSet(diagram: wellFormed) }
    public var nothing: PacketSet { PacketSet(diagram: .never) }

    /// The packets that meet the condition.
    public func set(_ condition: Condition) -> PacketSet {
        standAloneConditions += 1
        var counter = OccurrenceCounter(place: "condition \(standAloneConditions)", visit: 0)
        return limited(test(condition, &counter).holds)
    }

    public func union(_ a: PacketSet, _ b: PacketSet) -> PacketSet {
        PacketSet(diagram: store.or(a.diagram, b.diagram))
    }

    public func union(_ sets: [PacketSet]) -> PacketSet { PacketSet(diagram: store.or(sets.map(\.diagram))) }

    public func intersection(_ a: PacketSet, _ b: PacketSet) -> PacketSet {
        PacketSet(diagram: store.and(a.diagram, b.diagram))
    }

    public func subtracting(_ b: PacketSet, from a: PacketSet) -> PacketSet {
        PacketSet(diagram: store.subtract(b.diagram, from: a.diagram))
    }

    public func complement(_ set: PacketSet) -> PacketSet { subtracting(set, from: everything) }

    public func isEmpty(_ set: PacketSet) -> Bool { set.diagram == .never }

    public func isSubset(_ a: PacketSet, of b: PacketSet) -> Bool { isEmpty(subtracting(b, from: a)) }

    public func isDisjoint(_ a: PacketSet, _ b: PacketSet) -> Bool { isEmpty(intersection(a, b)) }

    /// The open answers that the set depends on, histories in the order in which they were met.
    public func freeVariables(of set: PacketSet) -> [FreeVariable] {
        let support = store.support(set.diagram)
        return freeVariables.filter { $0.value.contains { support.contains($0) } }
            .sorted { $0.value.lowerBound < $1.value.lowerBound }.map(\.key)
    }

    /// The packets of which, by some answers to the open questions, the set holds some.
    public func possible(_ set: PacketSet) -> PacketSet {
        let levels = Set(freeVariables.values.flatMap { Array($0) })
        return PacketSet(diagram: store.exists(levels, set.diagram))
    }

    /// The set that a diagram over all combinations of values stands for: those that a packet can have.
    func limited(_ diagram: Diagram) -> PacketSet { PacketSet(diagram: store.and(diagram, wellFormed)) }
}
