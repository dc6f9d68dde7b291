import RuleModel

extension Condition {
    /// This condition, or its contrary.
    func negated(if isNegated: Bool) -> Condition { isNegated ? .not(self) : self }
}
