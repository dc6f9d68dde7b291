extension CompiledRules {
    /// The names behind the bits of `TraversalResult.missingFacts`.
    public func facts(in missing: UInt64) -> [String] {
        if missing == 0 { return [] }
        return facts.indices.filter { missing >> UInt64(min($0, 63)) & 1 == 1 }.map { facts[$0] }
    }
}
