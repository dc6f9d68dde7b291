/// DNS over UDP and TCP (RFC 1035, 7766). Queries are judged one by one; a refused one is answered REFUSED, and the
/// session goes on. Responses are let through only to a query that waits for them.
struct DNSInspector: ProtocolInspector {
    static let protocolName = GatewayProtocol.dns

    private var framing: [Peer: DNSFraming] = [.client: DNSFraming(), .server: DNSFraming()]
    private var waiting: [DNSQuery] = []
    /// Whether a query came that was one.
    private var hasQueries = false

    /// How many queries may wait for their answers; the oldest is forgotten for one more.
    private static let mostQueries = 256

    static func recognises(_ bytes: [UInt8]) -> Recognition {
        var framing = DNSFraming()
        framing.append(bytes)
        guard framing.looksLikeQuery else { return .no }
        guard let message = framing.next() else { return .undecided }
        return DNSMessage(message[...]).map { $0.question != nil && !$0.isResponse } ?? false ? .yes : .no
    }

    mutating func open(_ context: inout SessionContext) {
        if context.transport == .tcp { context.awaitHead() }
    }

    mutating func receive(_ bytes: [UInt8], from peer: Peer, _ context: inout SessionContext) {
        guard context.transport == .tcp else { return take(bytes, from: peer, &context) }
        framing[peer]?.append(bytes)
        if peer == .client {
            context.awaitHead()
            if !hasQueries, framing[.client]?.looksLikeQuery == false {
                return refuseSession(.not(.dns), &context)
            }
        }
        while context.phase == .inspected, let message = framing[peer]?.next() {
            take(message, from: peer, &context)
        }
        guard context.phase == .inspected else { return }
        if framing[.client]?.count == 0 { context.headDeadline = nil }
        if let needed = framing[peer]?.needed, needed > context.limit(.bufferBytes) {
            if context.forbids(.limit(.bufferBytes)) { refuseSession(.limit(.bufferBytes), &context) }
        }
    }

    private mutating func take(_ bytes: [UInt8], from peer: Peer, _ context: inout SessionContext) {
        if peer == .client {
            takeQuery(bytes, &context)
        } else {
            takeResponse(bytes, &context)
        }
    }

    mutating func close(_ peer: Peer, _ context: inout SessionContext) {
        if peer == .client, !waiting.isEmpty { return }
        context.hangUp()
    }

    func heldBytes(from peer: Peer) -> Int { framing[peer]?.count ?? 0 }

    var isBetweenRequests: Bool { waiting.isEmpty && framing[.client]?.count == 0 }

    mutating func fail(_ failure: ServerFailure, _ context: inout SessionContext) {
        for query in waiting {
            send(query.failure, &context)
        }
        context.hangUp()
        if context.transport == .udp { context.breakOff() }
    }

    // MARK: Queries

    private mutating func takeQuery(_ bytes: [UInt8], _ context: inout SessionContext) {
        guard hasQueries || (bytes.count >= DNSMessage.headerLength && DNSMessage.looksLikeQuery(bytes[...]))
        else {
            return refuseMessage(bytes, .not(.dns), &context)
        }
        guard let message = DNSMessage(bytes[...]), let question = message.question, !message.isResponse,
            message.opcode == 0, message.answers.isEmpty
        else { return refuseMessage(bytes, .dnsMalformed, &context) }
        hasQueries = true
        if let index = waiting.firstIndex(where: { $0.message.id == message.id }) {
            if waiting[index].question == question {
                // Asked again, as over UDP one does.
                return forward(bytes, of: waiting[index].id, &context)
            }
            context.finish(waiting.remove(at: index).id)
        }
        var query = DNSQuery(
            id: context.begin(), bytes: bytes, message: message, question: question, facts: context.facts())
        query.addFacts()
        context.update(query.id) { $0.fields = query.record }
        if DNSSuspicion.isTunnel(question), context.forbids(.dnsTunnel) {
            return refuse(query, Refusal(.deny(reply: query.refusal), for: .dnsTunnel), &context)
        }
        query.decision = context.decide(query.facts)
        guard apply(query, &context) else { return }
        if waiting.count == DNSInspector.mostQueries { context.finish(waiting.removeFirst().id) }
        context.openServer()
        forward(bytes, of: query.id, &context)
        if query.decision.action == .pass {
            startRelay(query.id, &context)
        } else {
            waiting.append(query)
        }
    }

    private func forward(_ bytes: [UInt8], of id: RequestID, _ context: inout SessionContext) {
        context.send(.server, DNSFraming.frame(bytes, context.transport), of: id, clientBytes: bytes.count)
    }

    private mutating func startRelay(_ id: RequestID, _ context: inout SessionContext) {
        context.relay(as: id)
        let rest = framing[.client]?.takeAll() ?? []
        if !rest.isEmpty { context.send(.server, rest, of: id, clientBytes: rest.count) }
        let answers = framing[.server]?.takeAll() ?? []
        if !answers.isEmpty { context.send(.client, answers) }
        waiting = []
    }

    private func send(_ response: [UInt8], _ context: inout SessionContext) {
        context.send(.client, DNSFraming.frame(response, context.transport))
    }

    /// What the policy says of a query.
    /// - Returns: whether it goes on.
    private mutating func apply(_ query: DNSQuery, _ context: inout SessionContext) -> Bool {
        let decision = query.decision
        switch decision.action {
        case .allow, .pass:
            context.settle(query.id, decision.action == .pass ? .pass : .allow, rule: decision.rule)
            return true
        case .deny: refuse(query, Refusal(.deny(reply: query.refusal), rule: decision.rule), &context)
        case .reset:
            if context.transport == .tcp {
                context.deny(Refusal(.reset, rule: decision.rule), query.id)
            } else {
                // Nothing is answered.
                refuse(query, Refusal(.reset, rule: decision.rule), &context)
            }
        }
        return false
    }

    private func refuse(_ query: DNSQuery, _ refusal: Refusal, _ context: inout SessionContext) {
        var refusal = refusal
        if case .deny(let reply) = refusal.way {
            refusal.way = .deny(reply: DNSFraming.frame(reply, context.transport))
        }
        context.refuse(query.id, refusal)
    }

    /// What isn't a query is answered FORMERR, if it has a header that can be answered. It isn't let through even where
    /// the policy allows the anomaly: nobody could tell its answer.
    private mutating func refuseMessage(_ bytes: [UInt8], _ anomaly: Anomaly, _ context: inout SessionContext)
    {
        _ = context.forbids(anomaly)
        var reply: [UInt8] = []
        if bytes.count >= DNSMessage.headerLength, bytes[2] & 0x80 == 0, anomaly == .dnsMalformed {
            reply = DNSFraming.frame(
                DNSMessage.response(to: bytes, questionLength: 0, code: 1), context.transport)
        }
        let id = context.begin(isShown: false)
        if context.transport == .tcp {
            context.deny(Refusal(.deny(reply: reply), for: anomaly), id)
        } else {
            context.settle(id, .deny, reason: anomaly.rawValue)
            if !reply.isEmpty { context.send(.client, reply) }
            context.finish(id)
        }
    }

    private mutating func refuseSession(_ anomaly: Anomaly, _ context: inout SessionContext) {
        _ = context.forbids(anomaly)
        context.deny(Refusal(.deny(reply: []), for: anomaly))
    }

    // MARK: Responses

    private mutating func takeResponse(_ bytes: [UInt8], _ context: inout SessionContext) {
        // Who guesses at answers learns nothing, and the true answer is still waited for.
        guard bytes.count >= DNSMessage.headerLength,
            let index = waiting.firstIndex(where: {
                $0.message.id == UInt16(bytes[0]) << 8 | UInt16(bytes[1])
            })
        else { return }
        guard let message = DNSMessage(bytes[...]), message.isResponse, message.opcode == 0 else {
            _ = context.forbids(.dnsMalformed)
            return refuseResponse(
                index, Refusal(.deny(reply: waiting[index].failure), for: .dnsMalformed), &context)
        }
        let isTransfer = waiting[index].isTransfer && context.transport == .tcp
        guard message.question == waiting[index].question || (message.question == nil && isTransfer) else {
            return
        }
        if let bound = message.answers.first(where: { waiting[index].isRebinding($0) }),
            context.forbids(.dnsRebinding)
        {
            context.update(waiting[index].id) { $0.fields.append((.answers, .list([bound.text]))) }
            return refuseResponse(
                index, Refusal(.deny(reply: waiting[index].refusal), for: .dnsRebinding), &context)
        }
        let decidesAgain = waiting[index].decision.pendingStage.map { $0 >= .response } ?? false
        waiting[index].add(message)
        let query = waiting[index]
        context.update(query.id) { $0.fields = query.record }
        if decidesAgain {
            waiting[index].decision = context.decide(query.facts)
            guard apply(waiting[index], &context) else {
                if context.phase == .inspected { waiting.remove(at: index) }
                return
            }
        }
        send(bytes, &context)
        guard !isTransfer else { return }
        waiting.remove(at: index)
        context.finish(query.id)
        if context.clientSide.peerClosed, waiting.isEmpty { context.hangUp() }
    }

    private mutating func refuseResponse(_ index: Int, _ refusal: Refusal, _ context: inout SessionContext) {
        refuse(waiting.remove(at: index), refusal, &context)
    }
}
