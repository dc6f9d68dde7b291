extension LintCatalogue {
    /// Every lint that there is: one file in `Rules`, one folder in `Fixtures/Lints`, and one line here.
    public static let standard = LintCatalogue(lints: [
        AliasInterface.self,
        AnyAnyAccept.self,
        DefaultPolicy.self,
        DuplicateRule.self,
        EstablishedRule.self,
        ImpossibleInterface.self,
        LogWithoutLimit.self,
        LoopbackNotAllowed.self,
        MarkUse.self,
        NewWithoutSYN.self,
        NoncanonicalCIDR.self,
        RedundantMember.self,
        RedundantRule.self,
        ShadowedByUnion.self,
        ShadowedRule.self,
        SourcePortAccept.self,
        UnmatchableRule.self,
        UnreachableAfterCatchAll.self,
        UnusedChain.self,
        UnusedSuppression.self,
    ])
}
