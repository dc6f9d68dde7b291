import Gateway
import Packets

extension GatewayPolicyReader {
    mutating func listeners(_ node: YAMLNode) -> [Listener] {
        var listeners: [Listener] = []
        for item in list(node) {
            guard let listener = listener(item) else { continue }
            if let listen = listener.listen, listeners.contains(where: { $0.listen == listen }) {
                error("a second listener at \(listen)", item)
            }
            listeners.append(listener)
        }
        return listeners
    }

    private mutating func listener(_ node: YAMLNode) -> Listener? {
        guard let entries = entries(of: node, PolicyKeys.Listener.self, "a listener") else { return nil }
        var values: [PolicyKeys.Listener: YAMLNode] = [:]
        for (key, value) in entries { values[key] = value }
        guard let protocolNode = values[.protocol] else {
            error("a listener needs a protocol", node)
            return nil
        }
        guard let protocolName = protocolName(protocolNode) else { return nil }
        var listener = Listener(protocolName, transports: protocolName == .dns ? [.tcp, .udp] : [.tcp])
        if let node = values[.ports] { listener.ports = ports(node) }
        if let node = values[.servers] { listener.servers = listOrOne(node).compactMap { prefix($0) } }
        if let node = values[.transport] { listener.transports = transports(node, protocolName) }
        if let node = values[.listen] { listener.listen = endpoint(node, lowestPort: 0) }
        mode(values, &listener)
        place(values, listener, node)
        return listener
    }

    mutating func protocolName(_ node: YAMLNode) -> GatewayProtocol? {
        if let name = node.scalar, let known = GatewayProtocol(rawValue: name) { return known }
        if let name = node.scalar, FutureNames.protocols.contains(name) {
            error("the protocol '\(name)' is not supported by this version", node)
        } else {
            unknown("protocol", node, GatewayProtocol.allCases.map(\.rawValue))
        }
        return nil
    }

    private mutating func transports(_ node: YAMLNode, _ name: GatewayProtocol) -> Set<SessionTransport> {
        var transports: Set<SessionTransport> = []
        for item in listOrOne(node) {
            guard let transport: SessionTransport = word(item) else { continue }
            if transport == .udp, name != .dns, name != .plug {
                error("\(name.rawValue) is spoken over tcp alone", item)
            } else {
                transports.insert(transport)
            }
        }
        return transports
    }

    private enum ModeWord: String, CaseIterable { case transparent, explicit }

    private mutating func mode(_ values: [PolicyKeys.Listener: YAMLNode], _ listener: inout Listener) {
        let word: ModeWord? = values[.mode].flatMap { self.word($0) }
        if let node = values[.to] {
            if let mode = values[.mode] {
                error("a listener with 'to' goes to that server: it has no mode", mode)
            }
            if let server = endpoint(node, lowestPort: 1) { listener.mode = .fixed(server) }
        } else if word == .explicit {
            if listener.protocolName != .http {
                error("mode explicit is http's: its requests name their server", values[.mode]!)
            }
            listener.mode = .explicit
        }
    }

    /// A listener takes sessions by their destination, or listens at an address of its own.
    private mutating func place(
        _ values: [PolicyKeys.Listener: YAMLNode], _ listener: Listener, _ node: YAMLNode
    ) {
        if let listen = values[.listen] {
            for key in [PolicyKeys.Listener.ports, .servers] {
                if let value = values[key] {
                    error("'\(key.rawValue)' says nothing beside 'listen': the address has its port", value)
                }
            }
            if listener.mode == .transparent, values[.to] == nil {
                error("a listener with 'listen' needs 'to: ADDRESS:PORT' or 'mode: explicit'", listen)
            }
        } else if values[.ports] == nil {
            error("a listener needs ports, or an address to listen at", node)
        }
    }
}
