import Packets
public import RuleModel

/// Where a rule stands: the number counts from 1; nil is the policy of a base chain.
public struct RulePlace: Hashable, Sendable {
    public let chain: String
    public let number: Int?

    public init(chain: String, number: Int?) {
        self.chain = chain
        self.number = number
    }
}

/// What becomes of the packets that enter a base chain. The four sets have no packet in common.
public struct Fates: Hashable, Sendable {
    public var accepted: PacketSet
    public var dropped: PacketSet
    public var rejected: PacketSet
    /// Dropped by a match that found a header it can't read; no rule and no policy counts them.
    public var hotdropped: PacketSet
}

/// What a rule or policy decided.
public struct Decision: Sendable {
    public enum Verdict: Hashable, Sendable {
        case accept, drop, hotdrop
        case reject(RejectKind)
    }

    public var place: RulePlace
    public var verdict: Verdict
    public var packets: PacketSet
}

/// The rules of one table as sets of packets.
///
/// Fields are as the table's rules see them: in FORWARD the hop limit is one less than it arrived with, in raw every
/// packet is UNTRACKED. MARK is followed: later tests of the mark are functions of the packet as it entered.
public struct TableSets {
    public let table: Table
    let space: PacketSpace
    let solver: ChainSolver
    private var entries: [ChainEntries] = []

    /// - Throws: if the rules exceed the space's budget.
    public init(_ table: Table, in space: PacketSpace) throws(TooComplex) {
        self.table = table
        self.space = space
        solver = ChainSolver(table, in: space)
        for (number, chain) in table.chains.enumerated() where chain.hook != nil {
            entries.append(ChainEntries(from: number, solver, space))
        }
        if space.isTooComplex { throw TooComplex() }
    }

    /// What enters a base chain at its top.
    public func entering(_ baseChain: String) -> PacketSet {
        base(baseChain).map { space.packets(at: $0.hook) } ?? space.nothing
    }

    public func fate(of baseChain: String) -> Fates {
        guard let hook = table.chain(baseChain)?.hook, let outcome = outcome(at: hook) else {
            let nothing = space.nothing
            return Fates(accepted: nothing, dropped: nothing, rejected: nothing, hotdropped: nothing)
        }
        let domain = space.packets(at: hook).diagram
        func inside(_ diagram: Diagram) -> PacketSet { PacketSet(diagram: space.store.and(diagram, domain)) }
        return Fates(
            accepted: inside(outcome.accepted), dropped: inside(outcome.dropped),
            rejected: inside(outcome.rejected),
            hotdropped: inside(outcome.hotdropped))
    }

    /// Each rule and policy that decides about packets of a base chain, with those that it decides about, in the order
    /// of the table's chains.
    /// - Parameter packets: if given, of these packets only.
    public func decisions(of baseChain: String, about packets: PacketSet? = nil) -> [Decision] {
        guard let hook = table.chain(baseChain)?.hook else { return [] }
        return decisions(at: hook, about: (packets ?? space.everything).diagram)
    }

    // MARK: On the way of a packet

    /// What a base chain does with packets, its policy included; nil if the table has none at the hook.
    func outcome(at hook: Hook) -> ChainOutcome? {
        guard let chain = table.chains.first(where: { $0.hook == hook }),
            let (found, _, policy) = base(chain.name)
        else { return nil }
        var outcome = found
        if policy == .drop {
            outcome.dropped = space.store.or(outcome.dropped, outcome.returned)
        } else {
            outcome.accepted = space.store.or(outcome.accepted, outcome.returned)
        }
        return outcome
    }

    /// As `decisions(of:about:)`.
    func decisions(at hook: Hook, about packets: Diagram) -> [Decision] {
        guard let number = table.chains.firstIndex(where: { $0.hook == hook }),
            let (outcome, _, policy) = base(table.chains[number].name),
            let entries = entries.first(where: { $0.base == number })
        else { return [] }
        let domain = space.store.and(packets, space.packets(at: hook).diagram)
        var found: [Decision] = []
        for (index, chain) in table.chains.enumerated() where entries.reaches(index) {
            func add(_ number: Int?, _ verdict: Decision.Verdict, _ packets: Diagram) {
                if packets == .never { return }
                let place = RulePlace(chain: chain.name, number: number)
                found.append(Decision(place: place, verdict: verdict, packets: PacketSet(diagram: packets)))
            }
            for (rule, verdict) in chain.rules.enumerated().map({ ($0, $1.verdict) }) {
                if let verdict {
                    add(rule + 1, verdict, entries.meeting(\.holds, index, rule, of: domain, solver, space))
                }
                add(rule + 1, .hotdrop, entries.meeting(\.hotdrops, index, rule, of: domain, solver, space))
            }
            if index == number {
                add(nil, policy == .drop ? .drop : .accept, space.store.and(domain, outcome.returned))
            }
        }
        return found
    }

    // MARK: One rule

    /// The packets that come to a rule from any base chain.
    public func reaching(_ rule: RulePlace) -> PacketSet {
        together(rule) { $0.reaching($1, $2, solver, space) }
    }

    /// Those that come to it and meet its condition.
    public func taking(_ rule: RulePlace) -> PacketSet {
        together(rule) { $0.taking($1, $2, solver, space) }
    }

    /// The packets that meet a rule's condition, whether or not they come to it.
    public func matching(_ rule: RulePlace) -> PacketSet {
        guard let (chain, index) = position(rule), let outcome = outcome(chain) else { return space.nothing }
        return space.limited(outcome.tests[index].holds)
    }

    /// The packets that would come to a rule if all entered its chain at the top.
    public func reachingWithinChain(_ rule: RulePlace) -> PacketSet {
        guard let (chain, index) = position(rule), let outcome = outcome(chain) else { return space.nothing }
        return space.limited(outcome.reaching(index, &space.store))
    }

    private func together(_ rule: RulePlace, _ part: (ChainEntries, Int, Int) -> Diagram) -> PacketSet {
        guard let (chain, index) = position(rule) else { return space.nothing }
        var found: [Diagram] = []
        for entries in entries where entries.reaches(chain) {
            guard let hook = table.chains[entries.base].hook else { continue }
            found.append(space.store.and(part(entries, chain, index), space.packets(at: hook).diagram))
        }
        return PacketSet(diagram: space.store.or(found))
    }

    private func position(_ rule: RulePlace) -> (chain: Int, rule: Int)? {
        guard let chain = solver.calls.numbers[rule.chain], let number = rule.number,
            table.chains[chain].rules.indices.contains(number - 1)
        else { return nil }
        return (chain, number - 1)
    }

    func outcome(_ chain: Int) -> ChainOutcome? {
        solver.outcomes[ChainVisit(chain: chain, visit: 0)]
    }

    func base(_ name: String) -> (outcome: ChainOutcome, hook: Hook, policy: Chain.Policy)? {
        guard let number = solver.calls.numbers[name], let outcome = outcome(number),
            let hook = table.chains[number].hook
        else { return nil }
        return (outcome, hook, table.chains[number].policy ?? .accept)
    }
}

extension Rule {
    /// What the rule decides; nil if packets go on.
    public var verdict: Decision.Verdict? {
        guard let action = target.action else { return nil }
        if case .reject(let kind) = action { return .reject(kind) }
        return switch action.disposition {
        case .accepts: .accept
        case .drops: .drop
        case .rejects, .returns, .goesOn: nil
        }
    }
}
