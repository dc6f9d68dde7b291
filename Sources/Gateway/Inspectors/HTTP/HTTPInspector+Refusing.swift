/// Denials and errors in HTTP.
extension HTTPInspector {
    static func denial(by decision: PolicyDecision, method: String?) -> Refusal {
        let cause = decision.rule.map { "rule \"\($0)\"" } ?? "default"
        let body = decision.reply?.body ?? "Denied by the gateway: \(cause)\n"
        let reply = HTTPText.reply(decision.reply?.status ?? 403, body, to: method)
        return Refusal(.deny(reply: reply), rule: decision.rule)
    }

    static func denial(for violation: HTTPViolation, method: String?) -> Refusal {
        let body = "Refused by the gateway: \(violation.anomaly.rawValue)\n"
        return Refusal(
            .deny(reply: HTTPText.reply(violation.status, body, to: method)), for: violation.anomaly)
    }

    /// Notes the anomalies that the policy let pass.
    mutating func noteTolerated(_ context: inout SessionContext) {
        for anomaly in strictness.takeMet() { _ = context.forbids(anomaly) }
    }

    /// Refuses a request whose head is unsound, with what is known of it.
    mutating func refuse(_ violation: HTTPViolation, of head: HTTPHeadReader, _ context: inout SessionContext)
    {
        guard let line = head.requestLine else {
            return refuse(violation, nil, method: nil, &context)
        }
        let id = context.begin()
        context.update(id) { record in
            record.fields = [(.method, .text(line.method))]
            var lenient = HTTPStrictness.lenient
            let target = try? HTTPTarget(line.target, method: line.method, &lenient)
            let field = head.fields.values("host").first?.text
            if let host = target?.authority?.host ?? field.map({ HTTPAuthority($0)?.host ?? $0 }) {
                record.fields.append((.host, .text(host)))
            }
            if let target, target.form != .authority {
                record.fields.append((.path, .text(target.decodedPath)))
                if let query = target.query { record.fields.append((.query, .text(query))) }
            }
        }
        refuse(violation, id, method: line.method, &context)
    }

    /// Refuses a request, or what isn't one, when the responses before it are through.
    mutating func refuse(
        _ violation: HTTPViolation, _ id: RequestID?, method: String?, _ context: inout SessionContext
    ) {
        noteTolerated(&context)
        _ = context.forbids(violation.anomaly)
        let refusal = HTTPInspector.denial(for: violation, method: method)
        guard !exchanges.isEmpty else { return context.deny(refusal, id) }
        let id = id ?? context.begin(isShown: false)
        if exchanges.last?.id == id {
            // Some of it has gone to the server already: its answer can't be waited for.
            let canReply = exchanges.count == 1 && !hasAnswered
            context.deny(canReply ? refusal : Refusal(.reset, for: violation.anomaly), id)
        } else {
            context.settle(id, refusal.verdict, reason: refusal.reason)
            refused = (refusal, id)
            stage = .stopped
        }
    }

    mutating func refuse(_ anomaly: Anomaly, _ context: inout SessionContext) {
        let waitsForServer = !exchanges.isEmpty
        let status =
            switch anomaly {
            case .headerTime: 408
            case .idleTime: waitsForServer ? 504 : 408
            default: 400
            }
        if hasAnswered || (waitsForServer && anomaly == .headerTime) {
            // What was asked before isn't to blame for a head that doesn't come.
            let id = anomaly == .headerTime ? context.begin(isShown: false) : nil
            return context.deny(Refusal(.reset, for: anomaly), id)
        }
        let violation = HTTPViolation(anomaly: anomaly, status: status)
        context.deny(HTTPInspector.denial(for: violation, method: exchanges.first?.request.method))
    }

    /// Whether some of the first exchange's response has gone to the client.
    var hasAnswered: Bool {
        if case .body = responseStage { true } else { false }
    }

    mutating func fail(_ failure: ServerFailure, _ context: inout SessionContext) {
        answerForServer(failure == .timeout ? 504 : 502, failure.rawValue, &context)
    }

    /// Ends the session with an answer in the server's place.
    mutating func answerForServer(_ status: Int, _ cause: String, _ context: inout SessionContext) {
        guard let exchange = exchanges.first, !hasAnswered else { return context.breakOff() }
        context.update(exchange.id) { $0.setStatus(status) }
        let body = "The gateway got no answer from the server: \(cause)\n"
        context.send(.client, HTTPText.reply(status, body, to: exchange.request.method))
        context.hangUp()
    }
}

extension RequestRecord {
    mutating func setStatus(_ status: Int) {
        fields.removeAll { $0.name == .status }
        fields.append((.status, .number(Int64(status))))
    }
}
