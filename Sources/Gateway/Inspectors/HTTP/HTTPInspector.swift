/// HTTP/1.0 and 1.1 (RFC 9110, 9112). Both sides' messages are read by the letter and written anew, so that there is
/// one framing: the gateway's. HTTP/2 isn't read; with prior knowledge it is `not-http`.
///
/// ```
///   client's bytes ─▶ input ─ head ─▶ decide ─▶ (body collected) ─▶ forward ─▶ exchanges ─▶ response ─▶ client
///                                        └────▶ waiting for the exchanges before it ─▶ refuse, relay, tunnel
/// ```
struct HTTPInspector: ProtocolInspector {
    static let protocolName = GatewayProtocol.http

    var strictness = HTTPStrictness(GatewayPolicy())
    /// The client's bytes that aren't read yet.
    var input = HTTPInput()
    var stage = Stage.head(HTTPHeadReader(.request))
    /// Requests that have gone to the server, in order.
    var exchanges: [HTTPExchange] = []
    /// The server's bytes that aren't read yet.
    var serverInput = HTTPInput()
    var responseStage = ResponseStage.head(HTTPHeadReader(.response))
    /// Unsound bytes behind the requests that are under way: refused when those are answered.
    var refused: (refusal: Refusal, id: RequestID)?
    /// Where the server's side goes, for an explicit proxy.
    var openedServer: ServerAddress?

    enum Stage: Sendable {
        case head(HTTPHeadReader)
        /// The body is kept until a rule that tests it can be judged.
        case collecting(HTTPExchange, HTTPBodyReader, output: [UInt8])
        /// Goes on as it comes.
        case body(RequestID, HTTPBodyReader)
        /// Decided; its turn comes when the exchanges before it are over.
        case waiting(HTTPExchange, Outcome)
        /// Nothing more is read before the server has answered.
        case stopped
    }

    enum Outcome: Sendable {
        /// With the body's bytes that are there.
        case forward(HTTPBodyReader, [UInt8])
        case relay([UInt8])
        case refuse(Refusal)
    }

    /// How many requests may be under way to the server.
    private static let mostExchanges = 32

    static func recognises(_ bytes: [UInt8]) -> Recognition {
        guard let end = bytes.firstIndex(of: HTTPGrammar.lf) else {
            return HTTPRequestLine.judge(bytes, urlLimit: .max) == .possible ? .undecided : .no
        }
        let line = bytes[..<end]
        return HTTPRequestLine(Array(line.last == HTTPGrammar.cr ? line.dropLast() : line)) != nil
            ? .yes : .no
    }

    mutating func open(_ context: inout SessionContext) {
        strictness = HTTPStrictness(context.policy)
        context.awaitHead()
    }

    mutating func receive(_ bytes: [UInt8], from peer: Peer, _ context: inout SessionContext) {
        if peer == .client { input.append(bytes) } else { serverInput.append(bytes) }
        run(&context)
    }

    mutating func serverOpened(_ context: inout SessionContext) {
        guard let exchange = exchanges.first, exchange.kind == .tunnel, isExplicit(context) else { return }
        context.send(.client, Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8))
        context.update(exchange.id) { $0.setStatus(200) }
        context.settle(exchange.id, .pass, rule: exchange.decision.rule)
        startRelay(exchange.id, &context)
    }

    /// Reads on both sides until more bytes are needed. Whatever ends an exchange may let the next request go on.
    mutating func run(_ context: inout SessionContext) {
        var before = -1
        while context.phase == .inspected, before != input.count + serverInput.count {
            before = input.count + serverInput.count
            readRequests(&context)
            if context.phase == .inspected { readResponses(&context) }
            if case .waiting = stage, exchanges.isEmpty { before = -1 }
        }
        noteTolerated(&context)
        guard context.phase == .inspected, context.clientSide.peerClosed else { return }
        // A body that is cut off never gets its answer; what else is cut off stays where it is.
        if case .body = stage {
            context.breakOff()
        } else if exchanges.isEmpty {
            context.hangUp()
        }
    }

    mutating func close(_ peer: Peer, _ context: inout SessionContext) {
        if peer == .client {
            run(&context)
        } else {
            endResponses(&context)
        }
    }

    func heldBytes(from peer: Peer) -> Int { peer == .client ? input.count : serverInput.count }

    var isBetweenRequests: Bool {
        guard exchanges.isEmpty, case .head(let reader) = stage else { return false }
        return reader.raw.isEmpty
    }

    func isExplicit(_ context: SessionContext) -> Bool { context.listener?.mode == .explicit }

    // MARK: Requests

    private mutating func readRequests(_ context: inout SessionContext) {
        while context.phase == .inspected {
            switch stage {
            case .head(let reader):
                guard !input.isEmpty, exchanges.count < HTTPInspector.mostExchanges else { return }
                context.awaitHead()
                guard readHead(reader, &context) else { return }
            case .collecting(let exchange, let reader, let output):
                guard !input.isEmpty else { return }
                collect(exchange, reader, output, &context)
            case .body(let id, let reader):
                guard !input.isEmpty else { return }
                readBody(id, reader, &context)
            case .waiting(let exchange, let outcome):
                guard exchanges.isEmpty else { return }
                perform(outcome, exchange, &context)
            case .stopped: return
            }
        }
    }

    /// - Returns: whether to go on reading.
    private mutating func readHead(_ reader: HTTPHeadReader, _ context: inout SessionContext) -> Bool {
        stage = .stopped
        var reader = reader
        do throws(HTTPViolation) {
            guard try reader.read(input.bytes, &input.position, &strictness) else {
                stage = .head(reader)
                return false
            }
            context.headDeadline = nil
            let request = try HTTPRequest(reader, isExplicit: isExplicit(context), &strictness)
            judge(request, &context)
        } catch {
            refuse(error, of: reader, &context)
        }
        return true
    }

    private mutating func readBody(
        _ id: RequestID, _ reader: HTTPBodyReader, _ context: inout SessionContext
    ) {
        stage = .stopped
        var reader = reader
        var output: [UInt8] = []
        let start = input.position
        do throws(HTTPViolation) {
            try reader.read(input.bytes, &input.position, output: &output, &strictness)
        } catch {
            return refuse(error, id, method: exchanges.last?.request.method, &context)
        }
        context.send(.server, output, of: id, clientBytes: input.position - start)
        stage = reader.isComplete ? .head(HTTPHeadReader(.request)) : .body(id, reader)
        if reader.isComplete, let kind = exchanges.first?.kind, kind != .ordinary { stage = .stopped }
    }
}

/// Bytes that came and aren't read yet.
struct HTTPInput: Sendable {
    private(set) var bytes: [UInt8] = []
    var position = 0

    var count: Int { bytes.count - position }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ more: [UInt8]) {
        if isEmpty {
            bytes = more
        } else {
            bytes.removeFirst(position)
            bytes += more
        }
        position = 0
    }

    mutating func takeAll() -> [UInt8] {
        defer {
            bytes = []
            position = 0
        }
        return Array(bytes[position...])
    }
}
