/// Keeps the first bytes until they tell a protocol, and hands the session to its inspector; bytes that tell none are
/// for the listener's own.
struct DetectingInspector: Inspector {
    private var clientBytes: [UInt8] = []
    private var serverBytes: [UInt8] = []
    private var recognised: (any Inspector)?
    private let candidates: [any ProtocolInspector.Type]

    /// `detect: auto`.
    init() { candidates = InspectorList.standard.inspectors }

    /// An explicit proxy.
    init(proxies: [any ProtocolInspector.Type]) { candidates = proxies }

    mutating func open(_ context: inout SessionContext) {
        context.awaitHead()
        // Were it the listener's protocol, its server would have the first word.
        if DetectingInspector.fallback(context).serverSpeaksFirst { context.openServer() }
    }

    mutating func receive(_ bytes: [UInt8], from peer: Peer, _ context: inout SessionContext) {
        guard recognised == nil else {
            recognised?.receive(bytes, from: peer, &context)
            return
        }
        if peer == .client { clientBytes += bytes } else { serverBytes += bytes }
        let answers = candidates.map { type in
            (type, type.recognises(peer == .client ? clientBytes : serverBytes))
        }
        if let (type, _) = answers.first(where: {
            $0.1 == .yes && (peer == .client || $0.0.serverSpeaksFirst)
        }) {
            begin(type, &context)
        } else if peer == .client, !answers.contains(where: { $0.1 == .undecided }) {
            begin(DetectingInspector.fallback(context), &context)
        }
    }

    /// The listener's own inspector.
    private static func fallback(_ context: SessionContext) -> any ProtocolInspector.Type {
        InspectorList.standard.inspector(for: context.listener?.protocolName ?? .plug)
    }

    private mutating func begin(_ type: any ProtocolInspector.Type, _ context: inout SessionContext) {
        context.record.protocolName = type.protocolName
        context.headDeadline = nil
        var inspector = type.init()
        inspector.open(&context)
        for (peer, bytes) in [(Peer.server, serverBytes), (.client, clientBytes)] where !bytes.isEmpty {
            if context.phase == .inspected {
                inspector.receive(bytes, from: peer, &context)
            } else if case .relayed(let request) = context.phase {
                context.send(peer.other, bytes, of: request, clientBytes: peer == .client ? bytes.count : 0)
            }
        }
        clientBytes = []
        serverBytes = []
        recognised = inspector
        if type.serverSpeaksFirst, context.phase == .inspected { context.openServer() }
    }

    mutating func close(_ peer: Peer, _ context: inout SessionContext) {
        if recognised == nil { context.hangUp() } else { recognised?.close(peer, &context) }
    }

    mutating func serverOpened(_ context: inout SessionContext) { recognised?.serverOpened(&context) }

    mutating func fail(_ failure: ServerFailure, _ context: inout SessionContext) {
        if recognised == nil { context.breakOff() } else { recognised?.fail(failure, &context) }
    }

    mutating func refuse(_ anomaly: Anomaly, _ context: inout SessionContext) {
        if recognised == nil {
            var inspector = DetectingInspector.fallback(context).init()
            inspector.refuse(anomaly, &context)
        } else {
            recognised?.refuse(anomaly, &context)
        }
    }

    func heldBytes(from peer: Peer) -> Int {
        recognised?.heldBytes(from: peer) ?? (peer == .client ? clientBytes : serverBytes).count
    }

    var isBetweenRequests: Bool { recognised?.isBetweenRequests ?? false }
}
