import Foundation
import Gateway
import GatewayServer
import Packets
import Testing

/// Starting, reloading, stopping.
@Suite(.serialized) struct LifeTests {
    private let server: TestSocket

    init() throws { server = try TestSocket.listen() }

    private let request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test func anAddressInUseIsAnError() throws {
        var policy = Laboratory.policy(to: server.endpoint)
        policy.listeners[0].listen = server.endpoint
        #expect {
            _ = try Laboratory(policy)
        } throws: { error in
            let error = error as? SocketGateway.BindError
            return error?.endpoint == server.endpoint && error?.message == "Address already in use"
        }
    }

    /// A download that is under way goes on to its end; who rests is told goodbye; nobody new comes in.
    @Test func stoppingLetsRequestsEnd() throws {
        let laboratory = try Laboratory(Laboratory.policy(to: server.endpoint))
        let (busy, resting) = (try laboratory.connect(), try laboratory.connect())
        try resting.send(request)
        let restingBehind = try server.accept()
        _ = try restingBehind.receive(until: "\r\n\r\n")
        try restingBehind.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        _ = try resting.receive(until: "\r\n\r\n")
        try busy.send(request)
        let busyBehind = try server.accept()
        _ = try busyBehind.receive(until: "\r\n\r\n")
        try busyBehind.send("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n")
        _ = try busy.receive(until: "\r\n\r\n")
        let stopped = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            laboratory.stop(within: 20)
            stopped.signal()
        }
        #expect(try resting.receiveAll().isEmpty)
        #expect(try restingBehind.receiveAll().isEmpty)
        resting.finishSending()
        restingBehind.finishSending()
        #expect(throws: TestSocket.Failure.self) { try laboratory.connect() }
        let body = [UInt8](repeating: 1, count: 2_000_000)
        Thread.detachNewThread { try? busyBehind.send(body) }
        #expect(try busy.receiveAll() == body)
        busy.finishSending()
        #expect(try busyBehind.receiveAll().isEmpty)
        busyBehind.finishSending()
        #expect(stopped.wait(timeout: .now() + 15) == .success)
    }

    @Test func stoppingBreaksOffWhatIsLeft() throws {
        let laboratory = try Laboratory(Laboratory.policy(.plug, to: server.endpoint))
        let client = try laboratory.connect()
        let behind = try server.accept()
        try behind.send("a")
        #expect(try client.receive() == Array("a".utf8))
        laboratory.stop()
        #expect(client.isReset)
        #expect(behind.isReset)
        #expect(try laboratory.nextRecord().serverBytes == 1)
    }

    @Test func anotherPolicyIsForNewSessions() throws {
        let laboratory = try Laboratory(Laboratory.policy(to: server.endpoint))
        let old = try laboratory.connect()
        try old.send(request)
        let behind = try server.accept()
        _ = try behind.receive(until: "\r\n\r\n")
        var denying = Laboratory.policy(to: server.endpoint, defaultAction: .deny)
        var taken = denying
        taken.listeners[0].listen = server.endpoint
        #expect(throws: SocketGateway.BindError.self) { try laboratory.gateway.reload(taken) }
        var second = denying.listeners[0]
        second.listen = Endpoint(.v4(0x7f00_0002), 0)
        denying.listeners.append(second)
        let opened = try laboratory.gateway.reload(denying)
        #expect(opened.count == 1)
        for endpoint in [laboratory.endpoints[0], opened[0]] {
            let new = try TestSocket.connect(to: endpoint)
            try new.send(request)
            #expect(String(decoding: try new.receiveAll(), as: UTF8.self).hasPrefix("HTTP/1.1 403 "))
        }
        try behind.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(try old.receive(until: "ok").hasSuffix("ok"))
        denying.listeners.remove(at: 1)
        #expect(try laboratory.gateway.reload(denying).isEmpty)
        #expect(throws: TestSocket.Failure.self) { try TestSocket.connect(to: opened[0]) }
        laboratory.stop()
    }

    @Test func metricsCountWhatHappened() throws {
        let laboratory = try Laboratory(Laboratory.policy(to: try TestSocket.listen().endpoint))
        let endpoint = try laboratory.gateway.serveMetrics(at: .loopback(0))
        let client = try laboratory.connect()
        try client.send(request)
        _ = try client.receiveAll()
        client.finishSending()
        _ = try laboratory.nextRecord()
        let scraper = try TestSocket.connect(to: endpoint)
        try scraper.send("GET /metrics HTTP/1.1\r\nHost: m\r\n\r\n")
        let text = String(decoding: try scraper.receiveAll(), as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(text.contains("\ngatehouse_sessions_total{protocol=\"http\",verdict=\"ALLOW\"} 1\n"))
        #expect(text.contains("\ngatehouse_upstream_errors_total{kind=\"refused\"} 1\n"))
        let lost = try TestSocket.connect(to: endpoint)
        try lost.send("GET / HTTP/1.1\r\nHost: m\r\n\r\n")
        #expect(String(decoding: try lost.receiveAll(), as: UTF8.self).hasPrefix("HTTP/1.1 404 "))
        laboratory.stop()
    }
}
