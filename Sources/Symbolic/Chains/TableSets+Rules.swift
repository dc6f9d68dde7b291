internal import RuleModel

/// A rule among those of its chain. The sets hold combinations of values that no packet has, too, which keeps them
/// small: ask with `PacketSpace.meet` whether they have a packet in common with a set of packets.
public struct RuleSets: Hashable, Sendable {
    /// What meets the condition.
    public let matching: PacketSet
    /// What comes to the rule if everything enters the chain at its top.
    public let reaching: PacketSet
    /// What the rule's matches drop on the spot: it has the header that a match reads, but not all of it.
    public let cutShort: PacketSet
}

extension TableSets {
    /// In the order of the chain.
    public func rules(of chain: String) -> [RuleSets] {
        guard let number = solver.calls.numbers[chain], let outcome = outcome(number) else { return [] }
        return outcome.tests.indices.map { rule in
            RuleSets(
                matching: PacketSet(diagram: outcome.tests[rule].holds),
                reaching: PacketSet(diagram: outcome.reaching(rule, &space.store)),
                cutShort: PacketSet(diagram: outcome.tests[rule].hotdrops))
        }
    }

    /// Whether rules of the chain, or of chains that it leads to, read a field that rules of the table change: then sets of the
    /// chain are about packets as they enter it, which may have another mark, say, than they had when they entered the base chain.
    public func readsChanges(_ chain: String) -> Bool {
        solver.calls.numbers[chain].map { solver.calls.readsChanges[$0] } ?? false
    }

    /// The packets of a base chain that no rule decides about: they are left to its policy.
    public func leftToPolicy(of baseChain: String) -> PacketSet {
        guard let (outcome, hook, _) = base(baseChain) else { return space.nothing }
        return PacketSet(diagram: space.store.and(outcome.returned, space.packets(at: hook).diagram))
    }
}
