extension LintCatalogue {
    /// Every lint that there is: one file in `Rules`, one folder in `Fixtures/Lints`, and one line here.
    public static let standard = LintCatalogue(lints: [
        UnusedChain.self,
        UnusedSuppression.self,
    ])
}
