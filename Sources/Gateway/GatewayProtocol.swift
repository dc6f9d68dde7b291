/// What a listener speaks. The raw values are the policy's words.
public enum GatewayProtocol: String, Hashable, Sendable, CaseIterable, BitwiseCopyable {
    case http, tls, dns, ssh
    /// Relayed without inspection, still terminated.
    case plug
}
