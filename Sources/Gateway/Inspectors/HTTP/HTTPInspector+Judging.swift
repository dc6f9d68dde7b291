internal import Packets

/// What becomes of a request that was read.
extension HTTPInspector {
    mutating func judge(_ request: HTTPRequest, _ context: inout SessionContext) {
        let id = context.begin()
        context.update(id) { $0.fields = request.record }
        var facts = context.facts()
        request.add(to: &facts)
        addServer(of: request, to: &facts, context)
        var exchange = HTTPExchange(
            id: id, request: request, facts: facts, decision: context.decide(facts),
            isModified: request.isMended)
        var reader = HTTPBodyReader(request.framing)
        if exchange.isPending(.requestBody), !exchange.hasJudgedBody, waitsForBody(request, context) {
            reader.captureLimit = context.limit(.bufferBytes)
            if request.expectsContinue {
                context.send(.client, Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
                exchange.hasContinued = true
            }
            stage = .collecting(exchange, reader, output: [])
        } else {
            if exchange.facts.stage == .request, case .length = request.framing, !context.tests(.body) {
                exchange.facts.stage = .requestBody
                exchange.decision = context.decide(exchange.facts)
            }
            settle(exchange, reader, [], &context)
        }
    }

    /// Where a request wants to go that says so: to an explicit proxy, or in CONNECT.
    private func addServer(of request: HTTPRequest, to facts: inout RequestFacts, _ context: SessionContext) {
        guard let named = request.target.authority else { return }
        if isExplicit(context) {
            facts[.server] = [IPAddress(named.host).map { .address($0) } ?? .text(named.host)]
        } else if request.target.form != .authority {
            return
        }
        facts.set(.port, number: Int64(named.port ?? 80))
    }

    /// Whether the body has to be there before rules that test it can be judged: not if only its declared length is
    /// tested.
    private func waitsForBody(_ request: HTTPRequest, _ context: SessionContext) -> Bool {
        guard context.tests(.body) || context.tests(.bodyBytes) else { return false }
        if case .length = request.framing { return context.tests(.body) }
        return true
    }

    mutating func collect(
        _ exchange: HTTPExchange, _ reader: HTTPBodyReader, _ output: [UInt8], _ context: inout SessionContext
    ) {
        stage = .stopped
        var exchange = exchange
        var reader = reader
        var output = output
        do throws(HTTPViolation) {
            try reader.read(input.bytes, &input.position, output: &output, &strictness)
            // What can't be judged isn't let through.
            if output.count > context.limit(.bufferBytes) {
                throw HTTPViolation(anomaly: .limit(.bufferBytes), status: 413)
            }
        } catch {
            return refuse(error, exchange.id, method: exchange.request.method, &context)
        }
        guard reader.isComplete else {
            stage = .collecting(exchange, reader, output: output)
            return
        }
        let content = ContentCoding.decode(
            reader.captured, exchange.request.fields.tokens("content-encoding"),
            limit: context.limit(.bufferBytes))
        exchange.facts.set(.body, content.map { String(decoding: $0, as: UTF8.self) })
        exchange.facts.set(.bodyBytes, number: Int64(reader.length))
        exchange.facts.stage = .requestBody
        exchange.decision = context.decide(exchange.facts)
        settle(exchange, reader, output, &context)
    }

    /// Gives a request its verdict; it is performed when its turn comes.
    private mutating func settle(
        _ exchange: HTTPExchange, _ reader: HTTPBodyReader, _ output: [UInt8], _ context: inout SessionContext
    ) {
        var exchange = exchange
        let request = exchange.request
        let decision = exchange.decision
        func deny(_ refusal: Refusal) {
            context.settle(exchange.id, refusal.verdict, rule: refusal.rule, reason: refusal.reason)
            stage = .waiting(exchange, .refuse(refusal))
        }
        switch decision.action {
        case .reset: return deny(Refusal(.reset, rule: decision.rule))
        case .deny: return deny(HTTPInspector.denial(by: decision, method: request.method))
        case .allow, .pass: break
        }
        if !request.upgrades.isEmpty, decision.action == .allow {
            let isNamed = !request.hasBody && context.rule(decision.rule, tests: .upgrade)
            if !isNamed, context.forbids(.upgradeRefused) {
                let violation = HTTPViolation(anomaly: .upgradeRefused, status: 403)
                return deny(HTTPInspector.denial(for: violation, method: request.method))
            }
            exchange.kind = .upgrade
        }
        if request.method == "CONNECT" { exchange.kind = .tunnel }
        context.settle(exchange.id, exchange.verdict, rule: decision.rule)
        if decision.action == .pass, exchange.kind != .tunnel, !isExplicit(context) {
            stage = .waiting(exchange, .relay(output))
        } else if exchange.kind != .ordinary || needsOtherServer(request, context) {
            stage = .waiting(exchange, .forward(reader, output))
        } else {
            forward(exchange, reader, output, &context)
        }
    }

    mutating func perform(_ outcome: Outcome, _ exchange: HTTPExchange, _ context: inout SessionContext) {
        switch outcome {
        case .refuse(let refusal): context.deny(refusal, exchange.id)
        case .forward(let reader, let output): forward(exchange, reader, output, &context)
        case .relay(let output):
            context.openServer()
            let bytes = exchange.request.raw + output
            context.send(.server, bytes, of: exchange.id, clientBytes: bytes.count)
            startRelay(exchange.id, &context)
        }
    }

    // MARK: Going on

    private func needsOtherServer(_ request: HTTPRequest, _ context: SessionContext) -> Bool {
        isExplicit(context) && openedServer != nil && openedServer != HTTPInspector.server(of: request)
    }

    /// Where an explicit proxy goes for a request.
    private static func server(of request: HTTPRequest) -> ServerAddress? {
        request.target.authority.map { ServerAddress(host: $0.host, port: $0.port ?? 80) }
    }

    private mutating func forward(
        _ exchange: HTTPExchange, _ reader: HTTPBodyReader, _ output: [UInt8], _ context: inout SessionContext
    ) {
        var exchange = exchange
        if isExplicit(context) {
            if needsOtherServer(exchange.request, context) || context.serverSide.peerClosed {
                context.forgetServer()
            }
            openedServer = HTTPInspector.server(of: exchange.request)
            context.openServer(openedServer)
            if exchange.kind == .tunnel {
                exchanges.append(exchange)
                stage = .stopped
                return
            }
        } else {
            context.openServer()
        }
        let head = exchange.request.head(
            exchange.decision.edits, keepsExpect: !exchange.hasContinued, upgrading: exchange.kind == .upgrade
        )
        if head.isEdited, !exchange.isModified {
            exchange.isModified = true
            context.settle(exchange.id, exchange.verdict, rule: exchange.decision.rule)
        }
        exchanges.append(exchange)
        context.send(.server, head.bytes, of: exchange.id, clientBytes: exchange.request.raw.count)
        context.send(.server, output, of: exchange.id, clientBytes: output.count)
        if !reader.isComplete {
            stage = .body(exchange.id, reader)
        } else {
            stage = exchange.kind == .ordinary ? .head(HTTPHeadReader(.request)) : .stopped
        }
    }

    /// What is left of both sides' bytes goes on as it is, and so does all that follows.
    mutating func startRelay(_ id: RequestID, _ context: inout SessionContext) {
        context.relay(as: id)
        let rest = input.takeAll()
        context.send(.server, rest, of: id, clientBytes: rest.count)
        context.send(.client, serverInput.takeAll())
        if context.clientSide.peerClosed { context.close(.server) }
    }
}

extension HTTPExchange {
    /// Whether the facts have what there is to know of the body.
    var hasJudgedBody: Bool { facts.stage >= .requestBody }
}

extension HTTPRequest {
    var record: [(name: PolicyField, value: RecordValue)] {
        var fields: [(name: PolicyField, value: RecordValue)] = [(.method, .text(method))]
        if let host = authority?.host { fields.append((.host, .text(host))) }
        if target.form != .authority { fields.append((.path, .text(target.decodedPath))) }
        if let query = target.query { fields.append((.query, .text(query))) }
        return fields
    }
}

extension ServerAddress {
    /// - Parameter host: without brackets.
    init(host: String, port: UInt16) {
        if let address = IPAddress(host) {
            self = .endpoint(Endpoint(address, port))
        } else {
            self = .name(host, port: port)
        }
    }
}
