public import RuleModel

/// What a table's base chain did with a packet.
public struct TableVerdict: Sendable, BitwiseCopyable {
    public enum Kind: Sendable, BitwiseCopyable {
        case accept
        case drop
        case reject(RejectKind)
        /// A test found the packet unbearable (`par->hotdrop` in the kernel): dropped without a count.
        case hotdrop
    }

    public var kind: Kind
    /// The rule or policy that decided; for a hotdrop, the rule that was being tested.
    public var rule: RuleID
}
