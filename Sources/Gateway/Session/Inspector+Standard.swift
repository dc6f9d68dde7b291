/// Which inspector a protocol has.
struct InspectorList: Sendable {
    let inspectors: [any Inspector.Type]

    func inspector(for name: GatewayProtocol) -> any Inspector.Type {
        inspectors.first { $0.protocolName == name } ?? PlugInspector.self
    }

    /// Every inspector that there is: one file or folder in `Inspectors`, and one line here, each.
    static let standard = InspectorList(inspectors: [
        HTTPInspector.self,
        PlugInspector.self,
    ])
}
