/// A session that no listener takes: denied or relayed, as the policy says.
struct UnlistedInspector: Inspector {
    mutating func open(_ context: inout SessionContext) {
        guard context.transport == .tcp else {
            context.conclude(.unproxied, reason: Anomaly.unlisted.rawValue)
            context.breakOff()
            return
        }
        switch context.policy.unlisted {
        case .deny: context.deny(Refusal(.deny(reply: []), for: .unlisted))
        case .pass:
            context.conclude(.pass, reason: Anomaly.unlisted.rawValue)
            context.relay(as: nil)
        }
    }

    mutating func receive(_ bytes: [UInt8], from peer: Peer, _ context: inout SessionContext) {}
}
