import Diagnostics
public import Packets
public import RuleModel
public import Symbolic

/// The packets of one family and one path that an expression asks for.
public struct QueryAnswer: Sendable {
    public var family: AddressFamily
    /// `input`, `forward` or `output`.
    public var path: Hook
    /// Empty if there are none.
    public var sets: HeaderSets
    /// Nil if there are none.
    public var witness: Witness?
    /// The rules and policies that decide about them.
    public var deciding: [DecidingRule]
    /// What the answer leaves open: the packets may be there by one answer of these tests, and not by another.
    public var needs: [String]
}

/// Who has the last word on some packets.
public struct DecidingRule: Hashable, Sendable {
    public var table: TableKind
    public var chain: String
    /// From 1; nil for the policy.
    public var number: Int?
    /// Of the rule, or of the chain's declaration; nil if the file doesn't mention it.
    public var line: Int?
    /// `ACCEPT`, `DROP`, `REJECT`, or `DROP` on the spot.
    public var verdict: Decision.Verdict
}

/// Answers questions about the rules of one family.
public struct QuerySolver {
    private let ruleSet: RuleSet
    private let space: PacketSpace
    private let tables: [TableSets]

    /// - Throws: if the rules are too complex.
    public init(
        _ ruleSet: RuleSet, for expression: QueryExpression, budget: ComplexityBudget = .standard
    ) throws(TooComplex) {
        self.ruleSet = ruleSet
        space = PacketSpace(
            family: ruleSet.family, tables: ruleSet.tables, conditions: expression.conditions(ruleSet.family),
            budget: budget)
        var tables: [TableSets] = []
        for table in ruleSet.tables where table.kind != .nat {
            tables.append(try TableSets(table, in: space))
        }
        self.tables = tables
    }

    /// For each path, INPUT first. Packets arrive without a mark, unless the expression asks for one: only the host
    /// itself could have given it to them, before its tables.
    /// - Parameter limit: how many header sets there may be for a path.
    public func answers(_ expression: QueryExpression, limit: Int) throws(TooComplex) -> [QueryAnswer] {
        var answers: [QueryAnswer] = []
        let unmarked = space.set(.number(.mark, in: NumberSet(0)))
        let asksMark = expression.conditions(ruleSet.family).contains { $0.reads(anyOf: [.mark]) }
        for path in [Hook.input, .forward, .output] {
            let all = space.entering(path)
            let domain = asksMark ? all : space.intersection(all, unmarked)
            let asked = space.intersection(scope(expression, path), domain)
            let sets = try PathSets(path, tables, in: space, about: asked)
            let packets = meeting(expression, sets)
            let deciding = sets.decisions(about: packets)
            let answer = QueryAnswer(
                family: ruleSet.family, path: path,
                sets: space.describe(packets, within: domain, limit: limit),
                witness: space.witness(of: packets), deciding: deciding.map { DecidingRule($0, ruleSet) },
                needs: space.freeVariables(of: packets).map(\.summary))
            // Whatever went over the budget, no answer since is one.
            if space.isTooComplex { throw TooComplex() }
            answers.append(answer)
        }
        return answers
    }

    /// The packets that may meet the expression, whatever their verdict: to follow fewer of them takes less work.
    private func scope(_ expression: QueryExpression, _ path: Hook) -> PacketSet {
        switch expression {
        case .verdict: space.everything
        case .chain(let chain): chain == path ? space.everything : space.nothing
        case .packet(let ipv4, let ipv6): space.set(ruleSet.family == .ipv4 ? ipv4 : ipv6)
        case .not(let inner): inner.asksVerdict ? space.everything : space.complement(scope(inner, path))
        case .all(let parts): parts.reduce(space.everything) { space.intersection($0, scope($1, path)) }
        case .any(let parts): space.union(parts.map { scope($0, path) })
        }
    }

    private func meeting(_ expression: QueryExpression, _ path: PathSets) -> PacketSet {
        switch expression {
        case .verdict(let verdict): path.packets(verdict, in: space)
        case .chain(let chain): chain == path.path ? path.entering : space.nothing
        case .packet(let ipv4, let ipv6):
            space.intersection(path.entering, space.set(ruleSet.family == .ipv4 ? ipv4 : ipv6))
        case .not(let inner): space.subtracting(meeting(inner, path), from: path.entering)
        case .all(let parts):
            parts.reduce(path.entering) { space.intersection($0, meeting($1, path)) }
        case .any(let parts): space.union(parts.map { meeting($0, path) })
        }
    }
}

extension DecidingRule {
    init(_ decision: PathSets.TableDecision, _ ruleSet: RuleSet) {
        table = decision.table
        chain = decision.decision.place.chain
        number = decision.decision.place.number
        verdict = decision.decision.verdict
        let declared = ruleSet.table(table)?.chain(chain)
        if let number {
            line = declared?.rules[number - 1].line
        } else {
            line = declared?.declaration.map { ruleSet.file.position(of: $0.lower).line }
        }
    }
}
