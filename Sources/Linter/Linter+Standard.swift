extension LintCatalogue {
    /// Every lint that there is: one file in `Rules`, one folder in `Fixtures/Lints`, and one line here.
    public static let standard = LintCatalogue(lints: [
        AnyAnyAccept.self,
        DefaultPolicy.self,
        DuplicateRule.self,
        EstablishedRule.self,
        NewWithoutSYN.self,
        RedundantRule.self,
        ShadowedByUnion.self,
        ShadowedRule.self,
        UnmatchableRule.self,
        UnreachableAfterCatchAll.self,
        UnusedChain.self,
        UnusedSuppression.self,
    ])
}
