import Foundation
import Gateway
import GatewayServer
import Packets
import Synchronization
import Testing

/// A gateway on loopback, and what it reported.
final class Laboratory: Sendable {
    let gateway: SocketGateway
    /// Where its listeners are, in the order of the policy's.
    let endpoints: [Endpoint]
    private let sessions = Sessions()

    private final class Sessions: Sendable {
        let results = Mutex<[SessionResult]>([])
        let arrival = DispatchSemaphore(value: 0)
    }

    init(_ policy: GatewayPolicy, isShadow: Bool = false) throws {
        let sessions = sessions
        gateway = SocketGateway(
            policy: policy, threads: 2, epoch: Timestamp(nanoseconds: 1_000_000_000), isShadow: isShadow,
            transparent: .loopback(0)
        ) { result in
            sessions.results.withLock { $0.append(result) }
            sessions.arrival.signal()
        }
        endpoints = try gateway.start()
    }

    func connect(receiveBuffer: Int32? = nil) throws -> TestSocket {
        try TestSocket.connect(to: endpoints[0], receiveBuffer: receiveBuffer)
    }

    /// The next session that ends.
    func nextResult() throws -> SessionResult {
        try #require(sessions.arrival.wait(timeout: .now() + 20) == .success, "no session ended")
        return sessions.results.withLock { $0.removeFirst() }
    }

    func nextRecord() throws -> SessionRecord { try nextResult().record }

    func stop(within seconds: Int64 = 0) { gateway.stop(within: seconds * 1_000_000_000) }

    static func policy(
        _ name: GatewayProtocol = .http, to server: Endpoint? = nil, rules: [PolicyRule] = [],
        defaultAction: PolicyAction = .allow
    ) -> GatewayPolicy {
        var policy = GatewayPolicy()
        var listener = Listener(name)
        listener.listen = .loopback(0)
        listener.mode = server.map { .fixed($0) } ?? .explicit
        policy.listeners = [listener]
        policy.rules = rules
        policy.defaultAction = defaultAction
        return policy
    }
}
