public import Gateway
import NIOCore
import NIOPosix
public import Packets

/// The gateway on real sockets: the same sessions and policy as in a replay, over TCP.
public final class SocketGateway: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let gateway: GatewayState
    private let doors: Doors

    /// An address that it can't listen at.
    public struct BindError: Error {
        public let endpoint: Endpoint
        public let message: String
    }

    /// - Parameters:
    ///   - epoch: the system's time now; records count from it.
    ///   - isShadow: only judges: the records say what would have been done, and everything is let through but for the
    ///     limits of sessions.
    ///   - transparent: where the listeners without an address of their own get redirected connections.
    ///   - report: takes each session when it is over, on any thread.
    public init(
        policy: GatewayPolicy, threads: Int, epoch: Timestamp, isShadow: Bool = false, transparent: Endpoint,
        report: @escaping @Sendable (SessionResult) -> Void
    ) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        gateway = GatewayState(
            policy: policy, clock: GatewayClock(epoch: epoch), isShadow: isShadow, report: report)
        doors = Doors(group, gateway, transparent: transparent)
    }

    /// Listens at the addresses of the policy.
    /// - Returns: where it listens now: a port 0 has become one that was free.
    public func start() throws(BindError) -> [Endpoint] { try doors.open(for: gateway.policy) }

    /// Answers `GET /metrics` at an address.
    public func serveMetrics(at endpoint: Endpoint) throws(BindError) -> Endpoint {
        try doors.openMetrics(at: endpoint)
    }

    /// Takes another policy for the sessions that begin from now on, and listens where it says. After an error
    /// everything is as it was.
    /// - Returns: where it listens that it didn't before.
    public func reload(_ policy: GatewayPolicy) throws(BindError) -> [Endpoint] {
        let opened = try doors.open(for: policy)
        gateway.policy = policy
        doors.closeOthers(than: policy)
        return opened
    }

    /// Accepts nothing more, lets sessions end that have a request under way, and breaks off those that are left.
    public func stop(within limit: Int64) {
        doors.closeAll()
        let promise = group.any().makePromise(of: Void.self)
        gateway.drain(promise)
        let abort = group.any().scheduleTask(in: .nanoseconds(limit)) { [gateway] in gateway.abortAll() }
        try? promise.futureResult.wait()
        abort.cancel()
        try? group.syncShutdownGracefully()
    }

    /// Breaks off what `stop` waits for.
    public func abort() { gateway.abortAll() }
}
