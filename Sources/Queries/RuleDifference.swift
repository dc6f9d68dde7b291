import Diagnostics
public import Packets
public import RuleModel
public import Symbolic

/// Packets that two rule sets treat differently, in one way.
public struct Difference: Sendable {
    public var family: AddressFamily
    /// `input`, `forward` or `output`.
    public var path: Hook
    public var old: QueryVerdict
    public var new: QueryVerdict
    public var sets: HeaderSets
    public var witness: Witness
    /// The rules and policies that decide about these packets.
    public var oldRules: [DecidingRule]
    public var newRules: [DecidingRule]
    /// What is left open: the packets differ by one answer of these tests, and not by another.
    public var needs: [String]
}

/// Compares the verdicts of two rule sets of one family over all packets.
///
/// A test with memory that stands in both, in the same chain and with the same text, is taken to answer alike in both.
public struct DifferenceSolver {
    private let old: RuleSet
    private let new: RuleSet
    private let space: PacketSpace
    private let oldTables: [TableSets]
    private let newTables: [TableSets]

    /// - Precondition: the rule sets are of one family. One without tables accepts every packet.
    /// - Throws: if the rules are too complex.
    public init(_ old: RuleSet, _ new: RuleSet, budget: ComplexityBudget = .standard) throws(TooComplex) {
        precondition(old.family == new.family)
        self.old = old
        self.new = new
        let space = PacketSpace(family: old.family, tables: old.tables + new.tables, budget: budget)
        self.space = space
        oldTables = try DifferenceSolver.sets(old, space)
        newTables = try DifferenceSolver.sets(new, space)
    }

    private static func sets(_ rules: RuleSet, _ space: PacketSpace) throws(TooComplex) -> [TableSets] {
        var tables: [TableSets] = []
        for table in rules.tables where table.kind != .nat { tables.append(try TableSets(table, in: space)) }
        return tables
    }

    /// By path, INPUT first, then by the new verdict. Empty if the two are equal for all packets.
    /// - Parameter limit: how many header sets there may be for a difference.
    public func differences(limit: Int) throws(TooComplex) -> [Difference] {
        var found: [Difference] = []
        for path in [Hook.input, .forward, .output] {
            let before = try PathSets(path, oldTables, in: space)
            let after = try PathSets(path, newTables, in: space)
            for new in QueryVerdict.allCases {
                for old in QueryVerdict.allCases where old != new {
                    let packets = space.intersection(
                        before.packets(old, in: space), after.packets(new, in: space))
                    guard let witness = space.witness(of: packets) else { continue }
                    found.append(
                        Difference(
                            family: space.family, path: path, old: old, new: new,
                            sets: space.describe(packets, within: before.entering, limit: limit),
                            witness: witness, oldRules: deciding(before, packets, self.old),
                            newRules: deciding(after, packets, self.new),
                            needs: space.freeVariables(of: packets).map(\.summary)))
                }
            }
        }
        if space.isTooComplex { throw TooComplex() }
        return found
    }

    private func deciding(_ path: PathSets, _ packets: PacketSet, _ rules: RuleSet) -> [DecidingRule] {
        path.decisions.filter { !space.isDisjoint($0.decision.packets, packets) }
            .map { DecidingRule($0, rules) }
    }
}

extension PathSets {
    /// The packets that meet a verdict.
    func packets(_ verdict: QueryVerdict, in space: PacketSpace) -> PacketSet {
        switch verdict {
        case .accept: fates.accepted
        case .drop: space.union(fates.dropped, fates.hotdropped)
        case .reject: fates.rejected
        }
    }
}
