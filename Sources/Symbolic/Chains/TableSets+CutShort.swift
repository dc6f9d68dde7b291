extension TableSets {
    /// The packets that a rule's matches drop on the spot, whether or not they come to it: they have the header that
    /// a match reads, but not all of it.
    public func cutShort(by rule: RulePlace) -> PacketSet {
        guard let (chain, index) = position(rule), let outcome = outcome(chain) else { return space.nothing }
        return space.limited(outcome.tests[index].hotdrops)
    }
}
