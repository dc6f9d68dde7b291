public import Packets
public import RuleModel

/// A rule of one family's compiled rules, or the end of a chain: a base chain's policy, a user chain's
/// implicit RETURN. Numbered through all tables and chains in the rule set's order, each chain's end behind
/// its rules.
public struct RuleID: Hashable, Sendable, BitwiseCopyable {
    public var index: UInt32

    public init(index: UInt32) { self.index = index }
}

/// Where a `RuleID` stands in its rule set.
public struct RuleLocation: Hashable, Sendable {
    public let table: TableKind
    public let chain: String
    /// The hook of a base chain; nil for a user chain.
    public let hook: Hook?
    /// From 1, as `iptables -L --line-numbers` counts; nil for the end of a chain.
    public let number: Int?
    /// The line in the rule file; nil for the end of a chain.
    public let line: Int?
    /// `number`, or for the end of a chain one more than its last rule's: what the kernel's `TRACE:` lines
    /// print.
    public let position: Int
}
