/// What a policy says of a request at one stage.
public struct PolicyDecision: Sendable {
    public var action: PolicyAction
    /// Nil where no rule matched, and the default decided.
    public var rule: String?
    public var reply: DenialReply?
    public var edits: HeaderEdits
    /// The latest stage at which a rule before the deciding one could still say otherwise; nil if none can.
    public var pendingStage: PolicyStage?

    public init(
        action: PolicyAction, rule: String? = nil, reply: DenialReply? = nil,
        edits: HeaderEdits = HeaderEdits(),
        pendingStage: PolicyStage? = nil
    ) {
        self.action = action
        self.rule = rule
        self.reply = reply
        self.edits = edits
        self.pendingStage = pendingStage
    }
}
