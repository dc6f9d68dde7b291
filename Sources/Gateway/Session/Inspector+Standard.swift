/// Which inspector a protocol has.
struct InspectorList: Sendable {
    /// One for each protocol.
    let inspectors: [any ProtocolInspector.Type]
    /// What a client may speak to an explicit proxy besides.
    let proxies: [any ProtocolInspector.Type]

    func inspector(for name: GatewayProtocol) -> any ProtocolInspector.Type {
        // Every protocol has one; `InspectorListTests` holds the list against the folder and the protocols.
        inspectors.first { $0.protocolName == name }!
    }

    /// Every inspector that there is: one file or folder in `Inspectors`, and one line here, each.
    static let standard = InspectorList(
        inspectors: [
            DNSInspector.self,
            HTTPInspector.self,
            PlugInspector.self,
            SSHInspector.self,
            TLSInspector.self,
        ],
        proxies: [
            SOCKSInspector.self
        ])
}
