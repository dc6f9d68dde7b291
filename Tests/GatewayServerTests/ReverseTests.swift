import Gateway
import GatewayServer
import Packets
import Testing

/// One server behind the gateway.
@Suite(.serialized) struct ReverseTests {
    private let server: TestSocket

    init() throws { server = try TestSocket.listen() }

    private let request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test func requestsAndResponsesPass() throws {
        let laboratory = try Laboratory(Laboratory.policy(to: server.endpoint))
        let client = try laboratory.connect()
        try client.send(request)
        let behind = try server.accept()
        #expect(try behind.receive(until: "\r\n\r\n").hasPrefix("GET /a HTTP/1.1\r\nHost: h\r\n"))
        try behind.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        #expect(try client.receive(until: "hello").hasSuffix("\r\n\r\nhello"))
        try client.send(request)
        _ = try behind.receive(until: "\r\n\r\n")
        try behind.send("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
        #expect(try client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 404"))
        client.finishSending()
        #expect(try behind.receiveAll().isEmpty)
        behind.finishSending()
        #expect(try client.receiveAll().isEmpty)
        let record = try laboratory.nextRecord()
        #expect(record.verdict == .allow)
        #expect(record.requests.map(\.verdict) == [.allow, .allow])
        #expect(record.start >= Timestamp(nanoseconds: 1_000_000_000))
        laboratory.stop()
    }

    @Test func aDenialNeverReachesTheServer() throws {
        let rule = PolicyRule(
            name: "no", tests: [FieldTest(.path, .text(TextPattern(glob: "/a", .path)))], action: .deny,
            reply: DenialReply(status: 451, body: "not this\n"))
        let laboratory = try Laboratory(Laboratory.policy(to: server.endpoint, rules: [rule]))
        let client = try laboratory.connect()
        try client.send(request)
        let reply = String(decoding: try client.receiveAll(), as: UTF8.self)
        #expect(reply.hasPrefix("HTTP/1.1 451 "))
        #expect(reply.hasSuffix("\r\n\r\nnot this\n"))
        client.finishSending()
        let record = try laboratory.nextRecord()
        #expect(record.verdict == .deny)
        #expect(record.rule == "no")
        #expect(!server.hasVisitor)
        laboratory.stop()
    }

    /// What would be denied gets through, and the record says so.
    @Test func aShadowOnlyWatches() throws {
        let policy = Laboratory.policy(to: server.endpoint, defaultAction: .deny)
        let laboratory = try Laboratory(policy, isShadow: true)
        let client = try laboratory.connect()
        try client.send(request)
        let behind = try server.accept()
        #expect(try behind.receive(until: "\r\n\r\n") == request)
        try behind.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        behind.finishSending()
        #expect(try client.receive(until: "ok").hasSuffix("ok"))
        client.finishSending()
        let record = try laboratory.nextRecord()
        #expect(record.shadow == .deny)
        #expect(record.verdict.letsThrough)
        laboratory.stop()
    }

    /// The server's side comes from the gateway's address.
    @Test func theServerSeesTheGatewaysAddress() throws {
        var policy = Laboratory.policy(.plug, to: server.endpoint)
        let address = IPAddress.v4(0x7f00_0009)
        policy.settings.addresses = [.v6(1), address]
        let laboratory = try Laboratory(policy)
        let client = try laboratory.connect()
        let behind = try server.accept()
        client.finishSending()
        behind.finishSending()
        #expect(try laboratory.nextResult().upstream?.source.address == address)
        laboratory.stop()
    }

    @Test func aServerThatRefusesIsABadGateway() throws {
        let closed = try TestSocket.listen().endpoint
        let laboratory = try Laboratory(Laboratory.policy(to: closed))
        let client = try laboratory.connect()
        try client.send(request)
        #expect(String(decoding: try client.receiveAll(), as: UTF8.self).hasPrefix("HTTP/1.1 502 "))
        laboratory.stop()
    }

    /// A listener whose queue is full drops what comes, as a dead host does.
    @Test func aServerThatDoesNotAnswerIsAGatewayTimeout() throws {
        let full = try TestSocket.listen(backlog: 0)
        let filling = try TestSocket.connect(to: full.endpoint)
        var policy = Laboratory.policy(to: full.endpoint)
        policy.limits[.headerTime] = 300_000_000
        let laboratory = try Laboratory(policy)
        let client = try laboratory.connect()
        try client.send(request)
        #expect(String(decoding: try client.receiveAll(), as: UTF8.self).hasPrefix("HTTP/1.1 504 "))
        laboratory.stop()
        withExtendedLifetime(filling) {}
    }

    @Test func aClientThatStallsIsTurnedAway() throws {
        var policy = Laboratory.policy(to: server.endpoint)
        policy.limits[.headerTime] = 200_000_000
        let laboratory = try Laboratory(policy)
        let client = try laboratory.connect()
        try client.send("GET /a HT")
        #expect(String(decoding: try client.receiveAll(), as: UTF8.self).hasPrefix("HTTP/1.1 408 "))
        #expect(try laboratory.nextRecord().reason == "header-time")
        laboratory.stop()
    }

    @Test func aResetGoesOnToTheOtherSide() throws {
        let laboratory = try Laboratory(Laboratory.policy(.plug, to: server.endpoint))
        var client: TestSocket? = try laboratory.connect()
        var behind: TestSocket? = try server.accept()
        behind?.makeCloseAReset()
        behind = nil
        #expect(client?.isReset == true)
        client = try laboratory.connect()
        behind = try server.accept()
        client?.makeCloseAReset()
        client = nil
        #expect(behind?.isReset == true)
        laboratory.stop()
    }

    @Test func halfAConnectionGoesOn() throws {
        let laboratory = try Laboratory(Laboratory.policy(.plug, to: server.endpoint))
        let client = try laboratory.connect()
        try client.send("question")
        client.finishSending()
        let behind = try server.accept()
        #expect(try behind.receiveAll() == Array("question".utf8))
        let answer = [UInt8](repeating: 7, count: 3_000_000)
        try behind.send(answer)
        behind.finishSending()
        #expect(try client.receiveAll() == answer)
        let record = try laboratory.nextRecord()
        #expect(record.serverBytes == 3_000_000)
        #expect(record.clientBytes == 8)
        laboratory.stop()
    }

    @Test func aSlowReaderStopsTheSender() throws {
        let laboratory = try Laboratory(Laboratory.policy(.plug, to: server.endpoint))
        let client = try laboratory.connect(receiveBuffer: 4_096)
        let behind = try server.accept()
        let block = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }
        // The kernel's own buffers take a few megabytes.
        let taken = try behind.sendUntilStuck(block, most: 100_000_000)
        #expect(taken < 40_000_000)
        behind.finishSending()
        client.setReceiveBuffer(1 << 20)
        var received = 0
        while case let bytes = try client.receive(), !bytes.isEmpty {
            let start = received % block.count
            let expected = (block[start...] + block).prefix(bytes.count)
            try #require(bytes.elementsEqual(expected), "behind \(received) bytes")
            received += bytes.count
        }
        #expect(received == taken)
        laboratory.stop()
    }

    @Test(arguments: [GatewayLimits.Name.sessions, .sessionsPerClient])
    func limitsOfSessionsHold(limit: GatewayLimits.Name) throws {
        var policy = Laboratory.policy(.plug, to: server.endpoint)
        policy.limits[limit] = 1
        let laboratory = try Laboratory(policy)
        let first = try laboratory.connect()
        let behind = try server.accept()
        #expect(try laboratory.connect().isReset)
        let record = try laboratory.nextRecord()
        #expect(record.verdict == .reset)
        #expect(record.reason == "limit:\(limit.rawValue)")
        first.finishSending()
        behind.finishSending()
        #expect(try first.receiveAll().isEmpty)
        #expect(try laboratory.nextRecord().verdict == .allow)
        laboratory.stop()
    }

    /// Nobody knows where a client wanted to go that came straight to the address of redirected ones.
    @Test func whatWasNotRedirectedIsBrokenOff() throws {
        var policy = GatewayPolicy()
        policy.listeners = [Listener(.plug)]
        policy.listeners[0].ports = [1...65_535]
        policy.unlisted = .pass
        policy.defaultAction = .allow
        let laboratory = try Laboratory(policy)
        #expect(try laboratory.connect().isReset)
        #expect(try laboratory.nextRecord().reason == "unlisted")
        laboratory.stop()
    }
}
