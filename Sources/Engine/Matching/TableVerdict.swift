public import RuleModel

/// What a table's base chain did with a packet.
public struct TableVerdict: Sendable, BitwiseCopyable {
    public enum Kind: Sendable, BitwiseCopyable {
        case accept
        case drop
        case reject(RejectKind)
        /// A program would get it.
        case queue
        /// The rule asks for something that is done outside the engine: a number in `MatchEngine.effects`. The walk isn't over.
        case effect(Int)
        /// A test found the packet unbearable (`par->hotdrop` in the kernel): dropped without a count.
        case hotdrop
    }

    public var kind: Kind
    /// The rule or policy that decided; for a hotdrop, the rule that was being tested.
    public var rule: RuleID
}

extension TableVerdict.Kind {
    /// How an action that was an effect ends the walk; nil if it doesn't.
    init?(_ action: Action) {
        switch action.disposition {
        case .accepts: self = .accept
        case .drops: self = .queue
        case .rejects, .returns, .goesOn: return nil
        }
    }
}
