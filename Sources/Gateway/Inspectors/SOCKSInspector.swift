internal import Packets

/// SOCKS 5 (RFC 1928) to an explicit proxy: no authentication, CONNECT only. It is judged as the CONNECT of HTTP is.
struct SOCKSInspector: ProtocolInspector {
    static let protocolName = GatewayProtocol.http

    private var input: [UInt8] = []
    private var isGreeted = false
    private var request: RequestID?

    /// Of a reply (6).
    private enum Code: UInt8 {
        case succeeded = 0
        case failure = 1
        case notAllowed = 2
        case hostUnreachable = 4
        case refused = 5
        case commandNotSupported = 7
        case addressNotSupported = 8
    }

    private static let version: UInt8 = 5

    static func recognises(_ bytes: [UInt8]) -> Recognition {
        bytes.first.map { $0 == version ? .yes : .no } ?? .undecided
    }

    mutating func open(_ context: inout SessionContext) { context.awaitHead() }

    mutating func receive(_ bytes: [UInt8], from peer: Peer, _ context: inout SessionContext) {
        guard peer == .client else { return context.deny(Refusal(.reset, for: .earlyTalker)) }
        input += bytes
        if !isGreeted { greet(&context) }
        if isGreeted, request == nil, context.phase == .inspected { readRequest(&context) }
    }

    mutating func serverOpened(_ context: inout SessionContext) {
        guard let request else { return }
        context.send(.client, SOCKSInspector.reply(.succeeded))
        context.relay(as: request)
        if !input.isEmpty { context.send(.server, input, of: request, clientBytes: input.count) }
        if context.clientSide.peerClosed { context.close(.server) }
    }

    mutating func fail(_ failure: ServerFailure, _ context: inout SessionContext) {
        context.send(.client, SOCKSInspector.reply(failure == .refused ? .refused : .hostUnreachable))
        context.hangUp()
    }

    mutating func close(_ peer: Peer, _ context: inout SessionContext) {
        // A request that is under way goes on.
        if request == nil { context.hangUp() }
    }

    func heldBytes(from peer: Peer) -> Int { peer == .client ? input.count : 0 }

    /// 3.
    private mutating func greet(_ context: inout SessionContext) {
        guard input[0] == SOCKSInspector.version else { return refuse(.failure, &context) }
        guard input.count >= 2, input.count >= 2 + Int(input[1]) else { return }
        let methods = input[2..<(2 + Int(input[1]))]
        let offersNone = methods.contains(0)
        input.removeFirst(2 + methods.count)
        guard offersNone else {
            _ = context.forbids(.not(.http))
            return context.deny(Refusal(.deny(reply: [SOCKSInspector.version, 0xff]), for: .not(.http)))
        }
        isGreeted = true
        context.send(.client, [SOCKSInspector.version, 0])
    }

    /// 4 and 5.
    private mutating func readRequest(_ context: inout SessionContext) {
        if let first = input.first, first != SOCKSInspector.version { return refuse(.failure, &context) }
        guard input.count >= 5 else { return }
        let size: Int
        switch input[3] {
        case 1: size = 4
        case 3: size = 1 + Int(input[4])
        case 4: size = 16
        default: return refuse(.addressNotSupported, &context)
        }
        guard input.count >= 4 + size + 2 else { return }
        let address = input[4..<(4 + size)]
        let port = UInt16(input[4 + size]) << 8 | UInt16(input[5 + size])
        guard input[1] == 1 else { return refuse(.commandNotSupported, &context) }
        let host: String
        if input[3] == 3 {
            guard let name = HTTPAuthority(String(decoding: address.dropFirst(), as: UTF8.self)),
                name.port == nil
            else { return refuse(.failure, &context) }
            host = name.host
        } else {
            let bits = address.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
            host = IPAddress(family: size == 4 ? .ipv4 : .ipv6, bits: bits).description
        }
        judge(host, port, length: 6 + size, &context)
    }

    private mutating func judge(
        _ host: String, _ port: UInt16, length: Int, _ context: inout SessionContext
    ) {
        context.headDeadline = nil
        input.removeFirst(length)
        let id = context.begin()
        request = id
        context.update(id) { $0.fields = [(.method, .text("CONNECT")), (.host, .text(host))] }
        var facts = context.facts()
        facts.set(.method, "CONNECT")
        facts.set(.host, host)
        facts[.server] = [IPAddress(host).map { .address($0) } ?? .text(host)]
        facts.set(.port, number: Int64(port))
        facts.stage = .requestBody
        let decision = context.decide(facts)
        guard context.apply(decision, to: id, reply: { _ in SOCKSInspector.reply(.notAllowed) }) else {
            return
        }
        context.settle(id, .pass, rule: decision.rule)
        context.openServer(ServerAddress(host: host, port: port))
    }

    private func refuse(_ code: Code, _ context: inout SessionContext) {
        _ = context.forbids(.not(.http))
        context.deny(Refusal(.deny(reply: SOCKSInspector.reply(code)), for: .not(.http)))
    }

    /// The bound address isn't told.
    private static func reply(_ code: Code) -> [UInt8] { [version, code.rawValue, 0, 1, 0, 0, 0, 0, 0, 0] }
}
