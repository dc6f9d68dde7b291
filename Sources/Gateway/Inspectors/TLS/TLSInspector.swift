/// TLS: reads the two hellos, and up to TLS 1.2 the server's certificate if a rule tests `server-name`; then relays. What
/// is behind that is the client's and the server's secret.
struct TLSInspector: ProtocolInspector {
    static let protocolName = GatewayProtocol.tls

    private var stage = Stage.clientHello(TLSHelloReader(.client))

    private enum Stage: Sendable {
        case clientHello(TLSHelloReader)
        case serverHello(Hello, TLSHelloReader)
        case relayed
    }

    private struct Hello: Sendable {
        var id: RequestID
        var facts: RequestFacts
        var decision: PolicyDecision
        /// What the server chose, once it is known.
        var version: UInt16?
        /// Whether the server's hello is kept until the policy has judged it.
        var holdsServer: Bool { decision.pendingStage.map { $0 >= .response } ?? false }
    }

    /// RFC 8446, 6.
    private enum Alert: UInt8 {
        case handshakeFailure = 40
        case accessDenied = 49
        case decodeError = 50
        case protocolVersion = 70
        case unrecognizedName = 112
    }

    static func recognises(_ bytes: [UInt8]) -> Recognition {
        var reader = TLSHelloReader(.client)
        switch reader.read(bytes) {
        case .notTLS, .alert: return .no
        case .incomplete: return bytes.count > 5 ? .yes : .undecided
        case .hello: return .yes
        }
    }

    mutating func open(_ context: inout SessionContext) { context.awaitHead() }

    mutating func receive(_ bytes: [UInt8], from peer: Peer, _ context: inout SessionContext) {
        switch (stage, peer) {
        case (.clientHello(let reader), .client): readClientHello(bytes, reader, &context)
        case (.clientHello, .server):
            if context.forbids(.earlyTalker) { context.deny(Refusal(.reset, for: .earlyTalker)) }
        case (.serverHello(let hello, _), .client):
            context.send(.server, bytes, of: hello.id, clientBytes: bytes.count)
        case (.serverHello(let hello, let reader), .server): readServerHello(bytes, hello, reader, &context)
        case (.relayed, _): break
        }
    }

    mutating func close(_ peer: Peer, _ context: inout SessionContext) {
        if case .serverHello(let hello, let reader) = stage {
            if hello.holdsServer { context.send(.client, reader.bytes) }
            startRelay(hello, &context)
        }
        context.close(peer.other)
        if case .clientHello = stage { context.hangUp() }
    }

    mutating func refuse(_ anomaly: Anomaly, _ context: inout SessionContext) {
        context.deny(Refusal(.reset, for: anomaly))
    }

    func heldBytes(from peer: Peer) -> Int {
        switch (stage, peer) {
        case (.clientHello(let reader), .client): reader.bytes.count
        case (.serverHello(let hello, let reader), .server) where hello.holdsServer: reader.bytes.count
        default: 0
        }
    }

    // MARK: Hellos

    private mutating func readClientHello(
        _ bytes: [UInt8], _ reader: TLSHelloReader, _ context: inout SessionContext
    ) {
        var reader = reader
        switch reader.read(bytes) {
        case .incomplete:
            stage = .clientHello(reader)
            if reader.bytes.count > context.limit(.headerBytes), context.forbids(.limit(.headerBytes)) {
                context.deny(TLSInspector.denial(.decodeError, Anomaly.limit(.headerBytes)))
            }
        case .notTLS, .alert:
            _ = context.forbids(.not(.tls))
            context.deny(TLSInspector.denial(.decodeError, .not(.tls)))
        case .hello(let hello): judge(hello, reader, &context)
        }
    }

    private mutating func judge(_ hello: TLSHello, _ reader: TLSHelloReader, _ context: inout SessionContext)
    {
        context.headDeadline = nil
        let id = context.begin()
        context.update(id) { record in
            if let name = hello.serverName { record.fields.append((.sni, .text(name))) }
            if !hello.applicationProtocols.isEmpty {
                record.fields.append((.alpn, .list(hello.applicationProtocols)))
            }
        }
        var facts = context.facts()
        facts.set(.sni, hello.serverName)
        facts[.alpn] = hello.applicationProtocols.map { .text($0) }
        let known = Hello(id: id, facts: facts, decision: context.decide(facts))
        guard apply(known, .accessDenied, &context) else { return }
        context.openServer()
        context.send(.server, reader.bytes, of: id, clientBytes: reader.bytes.count)
        if known.decision.action == .pass {
            startRelay(known, &context)
        } else {
            stage = .serverHello(known, TLSHelloReader(.server))
        }
    }

    private mutating func readServerHello(
        _ bytes: [UInt8], _ hello: Hello, _ reader: TLSHelloReader, _ context: inout SessionContext
    ) {
        var hello = hello
        var reader = reader
        if hello.version != nil {
            reader.append(bytes)
        } else {
            switch reader.read(bytes) {
            case .hello(let chosen): hello.version = chosen.version
            case .incomplete: return wait(bytes, hello, reader, .headerBytes, &context)
            case .alert:
                context.send(.client, hello.holdsServer ? reader.bytes : bytes)
                return startRelay(hello, &context)
            case .notTLS:
                _ = context.forbids(.not(.tls))
                return context.deny(TLSInspector.denial(.handshakeFailure, .not(.tls)), hello.id)
            }
        }
        let isHeld = hello.holdsServer
        let version = hello.version ?? 0
        if isHeld, version < 0x0304, context.tests(.serverName) {
            guard case .names(let names) = TLSCertificate.names(in: reader.bytes) else {
                return wait(bytes, hello, reader, .bufferBytes, &context)
            }
            hello.facts[.serverName] = names.map { .text($0) }
        }
        let name = TLSHello.name(version)
        context.update(hello.id) { $0.fields.append((.version, .text(name))) }
        hello.facts.set(.version, name)
        hello.facts.stage = .responseBody
        if isHeld {
            hello.decision = context.decide(hello.facts)
            guard apply(hello, .protocolVersion, &context) else { return }
        }
        context.send(.client, isHeld ? reader.bytes : bytes)
        startRelay(hello, &context)
    }

    /// Waits for more of the server, within the limit.
    private mutating func wait(
        _ bytes: [UInt8], _ hello: Hello, _ reader: TLSHelloReader, _ limit: GatewayLimits.Name,
        _ context: inout SessionContext
    ) {
        stage = .serverHello(hello, reader)
        if reader.bytes.count >= context.limit(limit), context.forbids(.limit(limit)) {
            return context.deny(Refusal(.reset, for: .limit(limit)), hello.id)
        }
        if !hello.holdsServer { context.send(.client, bytes) }
    }

    private mutating func startRelay(_ hello: Hello, _ context: inout SessionContext) {
        stage = .relayed
        context.relay(as: hello.id)
    }

    // MARK: Denials

    private func apply(
        _ hello: Hello, _ alert: Alert, _ context: inout SessionContext
    ) -> Bool {
        var alert = alert
        if context.rule(hello.decision.rule, tests: .sni) { alert = .unrecognizedName }
        if context.rule(hello.decision.rule, tests: .serverName) { alert = .accessDenied }
        let reply = TLSInspector.bytes(alert)
        return context.apply(hello.decision, to: hello.id) { _ in reply }
    }

    private static func denial(_ alert: Alert, _ anomaly: Anomaly) -> Refusal {
        Refusal(.deny(reply: bytes(alert)), for: anomaly)
    }

    /// A fatal alert in the clear (RFC 8446, 6; 5.1).
    private static func bytes(_ alert: Alert) -> [UInt8] { [21, 3, 3, 0, 2, 2, alert.rawValue] }
}
