/// One kind of fault that rules can have. `Linter+Standard.swift` lists them all.
public protocol Lint: Sendable {
    static var description: LintDescription { get }

    /// All findings in one file, in any order; suppressions come later.
    static func findings(in file: LintContext) -> [Finding]
}

/// What is known about a lint without any rules: its manual page.
public struct LintDescription: Sendable {
    /// `FW101`; a stable name, as are all codes of the catalogue.
    public let code: String
    /// `shadowed-rule`
    public let name: String
    /// Of most of its findings; single ones may differ.
    public let severity: Finding.Severity
    public let fix: FixKind
    /// One sentence: what it reports.
    public let summary: String
    /// Why that is bad.
    public let reason: String
    /// Rules that have the fault, without `*table` and `COMMIT`.
    public let example: String
    /// What to write in their place.
    public let instead: String
    /// When to leave it as it is.
    public let exceptions: String
    /// Papers, manual pages, kernel files.
    public let sources: [String]

    public enum FixKind: String, Sendable {
        case none
        /// Applied without asking.
        case safe
        /// A person has to decide.
        case unsafe
    }

    public init(
        _ code: String, _ name: String, _ severity: Finding.Severity, fix: FixKind = .none, summary: String,
        reason: String, example: String, instead: String, exceptions: String, sources: [String] = []
    ) {
        self.code = code
        self.name = name
        self.severity = severity
        self.fix = fix
        self.summary = summary
        self.reason = reason
        self.example = example
        self.instead = instead
        self.exceptions = exceptions
        self.sources = sources
    }
}
