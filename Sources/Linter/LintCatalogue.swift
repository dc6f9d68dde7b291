/// The lints that run, and what is known about each code.
public struct LintCatalogue: Sendable {
    public let lints: [any Lint.Type]

    public init(lints: [any Lint.Type]) { self.lints = lints }

    /// Of compile faults and lints, by code.
    public var descriptions: [LintDescription] {
        (CompileFaults.all + lints.map { $0.description }).sorted { $0.code < $1.code }
    }

    /// - Parameter entry: a code, or a name.
    public func description(_ entry: String) -> LintDescription? {
        descriptions.first { $0.code == entry || $0.name == entry }
    }
}
