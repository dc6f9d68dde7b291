import Gateway
import GatewayServer
import Testing

/// A forward proxy: each request names its server.
@Suite(.serialized) struct ExplicitTests {
    private let server: TestSocket

    init() throws { server = try TestSocket.listen() }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func absoluteFormsGoToTheirServer(host: String) throws {
        let laboratory = try Laboratory(Laboratory.policy())
        let client = try laboratory.connect()
        let authority = "\(host):\(server.endpoint.port)"
        try client.send(
            "GET http://\(authority)/x?y HTTP/1.1\r\nHost: \(authority)\r\nConnection: close\r\n\r\n")
        let behind = try server.accept()
        #expect(
            try behind.receive(until: "\r\n\r\n").hasPrefix("GET /x?y HTTP/1.1\r\nHost: \(authority)\r\n"))
        try behind.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(String(decoding: try client.receiveAll(), as: UTF8.self).hasSuffix("ok"))
        laboratory.stop()
    }

    @Test func aTunnelCarriesBytes() throws {
        let laboratory = try Laboratory(Laboratory.policy())
        let client = try laboratory.connect()
        let authority = "127.0.0.1:\(server.endpoint.port)"
        try client.send("CONNECT \(authority) HTTP/1.1\r\nHost: \(authority)\r\n\r\n")
        let behind = try server.accept()
        #expect(try client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
        try client.send([0, 1, 2])
        #expect(try behind.receive() == [0, 1, 2])
        try behind.send([3, 4])
        #expect(try client.receive() == [3, 4])
        laboratory.stop()
    }

    /// SOCKS 5 (RFC 1928) at the same address, told by its first byte.
    @Test func socksCarriesHTTP() throws {
        let laboratory = try Laboratory(Laboratory.policy())
        let client = try laboratory.connect()
        try client.send([5, 1, 0])
        #expect(try client.receive() == [5, 0])
        let port = server.endpoint.port
        try client.send([5, 1, 0, 1, 127, 0, 0, 1, UInt8(port >> 8), UInt8(port & 255)])
        #expect(try client.receive().prefix(2) == [5, 0])
        try client.send("GET /s HTTP/1.1\r\nHost: h\r\n\r\n")
        let behind = try server.accept()
        #expect(try behind.receive(until: "\r\n\r\n").hasPrefix("GET /s HTTP/1.1\r\n"))
        try behind.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(try client.receive(until: "ok").hasSuffix("ok"))
        laboratory.stop()
    }

    /// The port of a rule is the one that the request names.
    @Test func tunnelsToOtherPortsAreRefused() throws {
        let rules = [
            PolicyRule(
                name: "tunnels",
                tests: [
                    FieldTest(.method, .text(TextPattern(glob: "CONNECT"))),
                    FieldTest(.port, .not(.number(443...443))),
                ], action: .deny)
        ]
        let laboratory = try Laboratory(Laboratory.policy(rules: rules))
        let client = try laboratory.connect()
        let authority = "127.0.0.1:\(server.endpoint.port)"
        try client.send("CONNECT \(authority) HTTP/1.1\r\nHost: \(authority)\r\n\r\n")
        #expect(String(decoding: try client.receiveAll(), as: UTF8.self).hasPrefix("HTTP/1.1 403 "))
        #expect(!server.hasVisitor)
        laboratory.stop()
    }

    @Test func aNameThatIsNoneIsABadGateway() throws {
        let laboratory = try Laboratory(Laboratory.policy())
        let client = try laboratory.connect()
        try client.send("GET http://no.invalid/ HTTP/1.1\r\nHost: no.invalid\r\n\r\n")
        #expect(String(decoding: try client.receiveAll(), as: UTF8.self).hasPrefix("HTTP/1.1 502 "))
        laboratory.stop()
    }

    @Test func oneConnectionGoesToTwoServers() throws {
        let other = try TestSocket.listen()
        let laboratory = try Laboratory(Laboratory.policy())
        let client = try laboratory.connect()
        for (server, body) in [(server, "one"), (other, "two"), (server, "six")] {
            let authority = "127.0.0.1:\(server.endpoint.port)"
            try client.send("GET http://\(authority)/ HTTP/1.1\r\nHost: \(authority)\r\n\r\n")
            let behind = try server.accept()
            _ = try behind.receive(until: "\r\n\r\n")
            try behind.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\(body)")
            #expect(try client.receive(until: body).hasSuffix(body))
        }
        laboratory.stop()
    }
}
