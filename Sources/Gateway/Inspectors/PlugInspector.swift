/// Relays both ways without looking, once the policy allows the session.
struct PlugInspector: ProtocolInspector {
    static let protocolName = GatewayProtocol.plug
    static let serverSpeaksFirst = true

    /// Any bytes would do, so none tell.
    static func recognises(_ bytes: [UInt8]) -> Recognition { .no }

    mutating func open(_ context: inout SessionContext) {
        let request = context.begin(isShown: false)
        let decision = context.decide(context.facts())
        guard context.apply(decision, to: request) else { return }
        context.relay(as: request)
    }

    mutating func receive(_ bytes: [UInt8], from peer: Peer, _ context: inout SessionContext) {}
}
