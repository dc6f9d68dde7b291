/// The server's side.
extension HTTPInspector {
    enum ResponseStage: Sendable {
        case head(HTTPHeadReader)
        /// Kept until it is known what it is.
        case holding(HTTPResponse, HTTPBodyReader, output: [UInt8])
        case body(HTTPResponse, HTTPBodyReader)
    }

    mutating func readResponses(_ context: inout SessionContext) {
        while context.phase == .inspected, !serverInput.isEmpty {
            guard !exchanges.isEmpty else {
                // A request that is kept back may be what the server speaks of.
                if case .collecting = stage { return }
                if case .waiting = stage { return }
                if let isTimeout = endsIdleConnection { return isTimeout ? context.hangUp() : () }
                if context.forbids(.earlyTalker) { return context.deny(Refusal(.reset, for: .earlyTalker)) }
                _ = serverInput.takeAll()
                return
            }
            do throws(HTTPViolation) {
                switch responseStage {
                case .head(var reader):
                    let isComplete = try reader.read(serverInput.bytes, &serverInput.position, &strictness)
                    responseStage = .head(reader)
                    if isComplete { try takeResponse(reader, &context) }
                case .holding(let response, var reader, var output):
                    try reader.read(serverInput.bytes, &serverInput.position, output: &output, &strictness)
                    try judgeContent(response, reader, output, &context)
                case .body(let response, var reader):
                    var output: [UInt8] = []
                    try reader.read(serverInput.bytes, &serverInput.position, output: &output, &strictness)
                    responseStage = .body(response, reader)
                    context.send(.client, output)
                    if reader.isComplete { finishResponse(response, &context) }
                }
            } catch {
                refuseResponse(error, &context)
            }
            if exchanges.isEmpty { return }
        }
    }

    /// Whether a server that nothing is asked of says that it has waited long enough (408; RFC 9110, 15.5.9), as it may;
    /// nil if it says something else. False while that isn't told yet.
    private var endsIdleConnection: Bool? {
        guard isBetweenRequests else { return nil }
        let said = serverInput.bytes[serverInput.position...].prefix(12)
        let isPossible = ["HTTP/1.1 408", "HTTP/1.0 408"].contains { $0.utf8.starts(with: said) }
        return isPossible ? said.count == 12 : nil
    }

    /// The server will send no more.
    mutating func endResponses(_ context: inout SessionContext) {
        do throws(HTTPViolation) {
            switch responseStage {
            case .head(let reader):
                if !exchanges.isEmpty || !input.isEmpty {
                    return answerForServer(502, "it closed the connection", &context)
                }
                if isExplicit(context), isBetweenRequests, reader.raw.isEmpty {
                    openedServer = nil
                    return context.forgetServer()
                }
                context.hangUp()
            case .holding(let response, var reader, let output):
                guard reader.end() else { return answerForServer(502, "it broke its response off", &context) }
                try judgeContent(response, reader, output, &context)
            case .body(let response, var reader):
                guard reader.end() else { return context.breakOff() }
                finishResponse(response, &context)
            }
        } catch {
            refuseResponse(error, &context)
        }
    }

    private mutating func refuseResponse(_ violation: HTTPViolation, _ context: inout SessionContext) {
        noteTolerated(&context)
        _ = context.forbids(violation.anomaly)
        let exchange = exchanges[0]
        guard !hasAnswered else { return context.deny(Refusal(.reset, for: violation.anomaly), exchange.id) }
        var violation = violation
        violation.status = violation.anomaly == .magicTypeMismatch ? 403 : 502
        context.deny(HTTPInspector.denial(for: violation, method: exchange.request.method), exchange.id)
    }

    private mutating func takeResponse(
        _ head: HTTPHeadReader, _ context: inout SessionContext
    ) throws(HTTPViolation) {
        responseStage = .head(HTTPHeadReader(.response))
        let exchange = exchanges[0]
        let response = try HTTPResponse(head, method: exchange.request.method, &strictness)
        if response.isMended { setModified(&context) }
        let status = response.line.status
        if status == 101 {
            guard exchange.kind == .upgrade else { throw HTTPViolation(anomaly: .upgradeRefused) }
        } else if status < 200 {
            // RFC 9110, 15.2: not to a client of HTTP/1.0, nor again.
            let isWanted = exchange.request.minorVersion > 0 && !(status == 100 && exchange.hasContinued)
            if isWanted {
                context.send(.client, response.head(HeaderEdits(), framing: .none, .unsaid).bytes)
            }
            return
        }
        context.update(exchange.id) { $0.setStatus(status) }
        response.add(to: &exchanges[0].facts)
        guard decideAgain(&context) else { return }
        if status == 101 || (exchange.kind == .tunnel && status < 300) {
            return becomeTunnel(response, &context)
        }
        var reader = HTTPBodyReader(response.framing, keepsChunks: exchange.request.minorVersion > 0)
        let isHeld =
            response.hasBody
            && (exchanges[0].isPending(.responseBody) || ContentMagic.contradictable(response.contentType))
        // Behind a coding, the first bytes of content may come late.
        if isHeld {
            reader.captureLimit =
                response.contentCodings.isEmpty ? ContentMagic.prefixLength : context.limit(.bufferBytes)
        }
        responseStage = .holding(response, reader, output: [])
        if !isHeld { release(response, reader, [], &context) }
    }

    /// Reads the policy's list again if an earlier rule waits for what is known now.
    /// - Returns: whether the exchange goes on.
    private mutating func decideAgain(_ context: inout SessionContext) -> Bool {
        let exchange = exchanges[0]
        guard exchange.isPending(.response) else { return true }
        let edits = exchange.decision.edits
        exchanges[0].decision = context.decide(exchange.facts)
        // The request has gone with the edits of the rule that let it go.
        exchanges[0].decision.edits.setRequest = edits.setRequest
        exchanges[0].decision.edits.removeRequest = edits.removeRequest
        let decision = exchanges[0].decision
        switch decision.action {
        case .allow, .pass:
            context.settle(exchange.id, exchanges[0].verdict, rule: decision.rule)
            return true
        case .deny:
            context.deny(
                HTTPInspector.denial(by: decision, method: exchange.request.method), exchange.id)
        case .reset: context.deny(Refusal(.reset, rule: decision.rule), exchange.id)
        }
        return false
    }

    /// Judges a kept response by its first bytes, as soon as they tell, and lets it go.
    private mutating func judgeContent(
        _ response: HTTPResponse, _ reader: HTTPBodyReader, _ output: [UInt8], _ context: inout SessionContext
    ) throws(HTTPViolation) {
        responseStage = .holding(response, reader, output: output)
        let isWhole = reader.isComplete
        let isFull = output.count >= context.limit(.bufferBytes)
        let content = ContentCoding.decode(
            reader.captured, response.contentCodings, limit: ContentMagic.prefixLength)
        if isFull, content?.isEmpty == true { throw HTTPViolation(anomaly: .limit(.bufferBytes)) }
        let magic =
            content.map { ContentMagic.identify($0, isWhole: isWhole || isFull) }
            ?? .names([ContentMagic.encoded])
        guard case .names(let names) = magic else { return }
        if ContentMagic.contradicts(names, response.contentType) {
            try strictness.meet(.magicTypeMismatch, mends: false)
        }
        if exchanges[0].isPending(.responseBody) {
            if exchanges[0].facts[.responseBytes].isEmpty, context.tests(.responseBytes), !isWhole {
                if isFull { throw HTTPViolation(anomaly: .limit(.bufferBytes)) }
                return
            }
            if isWhole { exchanges[0].facts.set(.responseBytes, number: Int64(reader.length)) }
            exchanges[0].facts[.responseMagic] = names.map { .text($0) }
            exchanges[0].facts.stage = .responseBody
            guard decideAgain(&context) else { return }
        }
        release(response, reader, output, &context)
    }

    private mutating func release(
        _ response: HTTPResponse, _ reader: HTTPBodyReader, _ output: [UInt8], _ context: inout SessionContext
    ) {
        let exchange = exchanges[0]
        let isOld = exchange.request.minorVersion == 0
        var framing = response.framing
        if isOld, framing == .chunked { framing = .untilClose }
        var connection = HTTPResponse.Connection.unsaid
        if !goesOn(exchange, response, context) {
            connection = .close
        } else if isOld {
            connection = .keepAlive
        }
        let head = response.head(exchange.decision.edits, framing: framing, connection)
        if head.isEdited { setModified(&context) }
        context.send(.client, head.bytes + output)
        responseStage = .body(response, reader)
        if reader.isComplete { finishResponse(response, &context) }
    }

    private mutating func setModified(_ context: inout SessionContext) {
        guard !exchanges[0].isModified else { return }
        exchanges[0].isModified = true
        context.settle(exchanges[0].id, exchanges[0].verdict, rule: exchanges[0].decision.rule)
    }

    /// Whether the client may send another request behind this exchange.
    private func goesOn(_ exchange: HTTPExchange, _ response: HTTPResponse, _ context: SessionContext) -> Bool
    {
        guard exchange.request.keepsAlive, response.framing != .untilClose else { return false }
        if exchange.request.minorVersion == 0, response.framing == .chunked { return false }
        return response.keepsAlive || isExplicit(context)
    }

    private mutating func finishResponse(_ response: HTTPResponse, _ context: inout SessionContext) {
        let exchange = exchanges.removeFirst()
        responseStage = .head(HTTPHeadReader(.response))
        context.finish(exchange.id)
        guard goesOn(exchange, response, context) else { return context.hangUp() }
        if isExplicit(context), !response.keepsAlive {
            openedServer = nil
            context.forgetServer()
        }
        if case .stopped = stage, exchange.kind != .ordinary { stage = .head(HTTPHeadReader(.request)) }
        if let (refusal, id) = refused, exchanges.isEmpty { context.deny(refusal, id) }
    }

    private mutating func becomeTunnel(_ response: HTTPResponse, _ context: inout SessionContext) {
        let exchange = exchanges[0]
        let connection = exchange.kind == .upgrade ? HTTPResponse.Connection.upgrade : .unsaid
        context.send(.client, response.head(exchange.decision.edits, framing: .none, connection).bytes)
        context.settle(exchange.id, .pass, rule: exchange.decision.rule)
        startRelay(exchange.id, &context)
    }
}
