/// A request that a session has begun and not finished.
struct RequestID: Hashable, Sendable {
    var number: UInt64
}

struct OpenRequest: Sendable {
    var id: RequestID
    var record = RequestRecord()
    /// Whether results show it: a session without requests of its own has one all the same, for its verdict.
    var isShown = true
    /// Whether the policy, or an anomaly, has spoken.
    var isDecided = false
    /// How many of the client's bytes of it have reached the server.
    var sentBytes: UInt64 = 0
}

/// Why and how something isn't let through.
struct Refusal: Sendable {
    enum Way: Sendable {
        /// The reply goes to the client, then its connection is closed.
        case deny(reply: [UInt8])
        case reset
    }

    var way: Way
    var rule: String?
    var reason: String?

    init(_ way: Way, rule: String? = nil, reason: String? = nil) {
        self.way = way
        self.rule = rule
        self.reason = reason
    }

    init(_ way: Way, for anomaly: Anomaly) {
        self.init(way, reason: anomaly.rawValue)
    }

    var verdict: SessionVerdict {
        if case .reset = way { .reset } else { .deny }
    }
}

extension SessionContext {
    // MARK: The policy

    /// What is known of any request.
    func facts() -> RequestFacts {
        var facts = RequestFacts()
        facts.set(.protocol, record.protocolName?.rawValue)
        facts[.client] = [.address(client.address)]
        facts[.server] = [.address(server.address)]
        facts.set(.port, number: Int64(server.port))
        return facts
    }

    func decide(_ facts: RequestFacts) -> PolicyDecision { policy.decide(facts) }

    /// Whether any rule tests the field.
    func tests(_ field: PolicyField) -> Bool {
        policy.rules.contains { $0.tests.contains { $0.field == field } }
    }

    /// Whether the rule of that name tests the field.
    func rule(_ name: String?, tests field: PolicyField) -> Bool {
        guard let name, let rule = policy.rules.first(where: { $0.name == name }) else { return false }
        return rule.tests.contains { $0.field == field }
    }

    /// Notes the policy's word on a request.
    ///
    /// - Parameter reply: what a denial answers in the protocol.
    /// - Returns: whether it may go on: else the session is over.
    mutating func apply(
        _ decision: PolicyDecision, to request: RequestID, reply: (PolicyDecision) -> [UInt8] = { _ in [] }
    ) -> Bool {
        switch decision.action {
        case .allow, .pass:
            settle(request, decision.action == .pass ? .pass : .allow, rule: decision.rule)
            return true
        case .deny:
            deny(Refusal(.deny(reply: reply(decision)), rule: decision.rule), request)
            return false
        case .reset:
            deny(Refusal(.reset, rule: decision.rule), request)
            return false
        }
    }

    /// Notes an anomaly.
    ///
    /// - Returns: whether it forbids the request: the policy doesn't allow it.
    mutating func forbids(_ anomaly: Anomaly) -> Bool {
        if !record.anomalies.contains(anomaly) { record.anomalies.append(anomaly) }
        return !policy.allowedAnomalies.contains(anomaly)
    }

    // MARK: Requests

    mutating func begin(isShown: Bool = true) -> RequestID {
        let id = RequestID(number: nextRequest)
        nextRequest += 1
        openRequests.append(OpenRequest(id: id, isShown: isShown))
        return id
    }

    /// Changes the record of a request that isn't finished.
    mutating func update(_ request: RequestID, _ change: (inout RequestRecord) -> Void) {
        guard let index = openRequests.firstIndex(where: { $0.id == request }) else { return }
        change(&openRequests[index].record)
    }

    /// Gives a request a verdict, at the packet of now.
    mutating func settle(
        _ request: RequestID, _ verdict: SessionVerdict, rule: String? = nil, reason: String? = nil
    ) {
        guard let index = openRequests.firstIndex(where: { $0.id == request }) else { return }
        openRequests[index].isDecided = true
        openRequests[index].record.verdict = verdict
        openRequests[index].record.rule = rule
        openRequests[index].record.reason = reason
        openRequests[index].record.decidedAtPacket = now.packet
    }

    mutating func finish(_ request: RequestID) {
        guard let index = openRequests.firstIndex(where: { $0.id == request }) else { return }
        let request = openRequests.remove(at: index)
        if request.isShown, !isShadowed {
            commands.append(.request(request.record))
            record.requestCount += 1
            if record.requests.count < SessionRecord.requestLimit { record.requests.append(request.record) }
        }
        if request.isDecided { absorb(request.record, sentBytes: request.sentBytes) }
    }

    mutating func finishAll() {
        while let request = openRequests.first { finish(request.id) }
    }

    /// Refuses one request and leaves the session as it is.
    mutating func refuse(_ request: RequestID, _ refusal: Refusal) {
        settle(request, refusal.verdict, rule: refusal.rule, reason: refusal.reason)
        if case .deny(let reply) = refusal.way { send(.client, reply) }
        finish(request)
    }

    /// Refuses a request, or the session as a whole, and ends the session.
    mutating func deny(_ refusal: Refusal, _ request: RequestID? = nil) {
        guard phase != .over else { return }
        let open = openRequests.first { request == nil || $0.id == request }
        if let open {
            // A denial that waited for its turn fell earlier.
            if open.record.verdict.letsThrough {
                settle(open.id, refusal.verdict, rule: refusal.rule, reason: refusal.reason)
            }
        } else {
            conclude(refusal.verdict, rule: refusal.rule, reason: refusal.reason)
        }
        let hasExchange = openRequests.contains { $0.sentBytes > 0 }
        finishAll()
        switch refusal.way {
        case .deny(let reply):
            send(.client, reply)
            close(.client)
            if hasExchange || serverSide.stage == .opening { reset(.server) } else { close(.server) }
            beOver()
        case .reset:
            breakOff()
        }
    }

    /// Gives the session as a whole a verdict.
    mutating func conclude(_ verdict: SessionVerdict, rule: String? = nil, reason: String? = nil) {
        var whole = RequestRecord()
        whole.verdict = verdict
        whole.rule = rule
        whole.reason = reason
        whole.decidedAtPacket = now.packet
        absorb(whole, sentBytes: 0)
    }

    /// The client's bytes of a request that the server now has.
    mutating func countSent(_ request: RequestID?, _ bytes: UInt64) {
        guard let request, let index = openRequests.firstIndex(where: { $0.id == request }) else { return }
        openRequests[index].sentBytes += bytes
    }

    /// The session's verdict is that of its worst request, the first of them.
    private mutating func absorb(_ request: RequestRecord, sentBytes: UInt64) {
        if record.decidedAtPacket != nil {
            guard request.verdict != record.verdict, record.verdict.worse(request.verdict) == request.verdict
            else { return }
        }
        record.verdict = request.verdict
        record.rule = request.rule
        record.reason = request.reason
        record.decidedAtPacket = request.decidedAtPacket
        record.leakedBytes = request.verdict.letsThrough ? 0 : sentBytes
    }
}
