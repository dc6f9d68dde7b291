import Gateway
import NIOCore
import Packets
import Synchronization

/// What the sessions of all event loops share: the policy, who is there, and the counters.
final class GatewayState: Sendable {
    let clock: GatewayClock
    /// Whether sessions only watch.
    let isShadow: Bool
    private let report: @Sendable (SessionResult) -> Void
    private let state: Mutex<Contents>

    private struct Contents {
        var policy: GatewayPolicy
        var sessions: [UInt64: Guest] = [:]
        var sessionsOfClient: [IPAddress: Int64] = [:]
        var lastNumber: UInt64 = 0
        var isDraining = false
        /// Kept when the last session is over after `drain`.
        var drained: EventLoopPromise<Void>?
        var metrics = GatewayMetrics()
    }

    private struct Guest {
        var client: IPAddress
        var loop: any EventLoop
        var driver: NIOLoopBound<SessionDriver>?
    }

    enum Admission {
        case admitted(UInt64, GatewayPolicy)
        case refused(UInt64, GatewayLimits.Name)
    }

    init(
        policy: GatewayPolicy, clock: GatewayClock, isShadow: Bool,
        report: @escaping @Sendable (SessionResult) -> Void
    ) {
        self.clock = clock
        self.isShadow = isShadow
        self.report = report
        state = Mutex(Contents(policy: policy))
    }

    /// Of sessions that begin from now on.
    var policy: GatewayPolicy {
        get { state.withLock { $0.policy } }
        set { state.withLock { $0.policy = newValue } }
    }

    // MARK: Sessions

    func admit(_ client: IPAddress, on loop: any EventLoop) -> Admission {
        state.withLock { state in
            state.lastNumber += 1
            let ofClient = state.sessionsOfClient[client] ?? 0
            if Int64(state.sessions.count) >= state.policy.limits[.sessions] {
                return .refused(state.lastNumber, .sessions)
            }
            if ofClient >= state.policy.limits[.sessionsPerClient] {
                return .refused(state.lastNumber, .sessionsPerClient)
            }
            state.sessions[state.lastNumber] = Guest(client: client, loop: loop)
            state.sessionsOfClient[client] = ofClient + 1
            return .admitted(state.lastNumber, state.policy)
        }
    }

    /// - Returns: whether the gateway is to stop: the session came at the last moment.
    func settle(_ number: UInt64, _ driver: NIOLoopBound<SessionDriver>) -> Bool {
        state.withLock { state in
            state.sessions[number]?.driver = driver
            return state.isDraining
        }
    }

    func finished(_ result: SessionResult) {
        state.withLock { $0.metrics.count(result.record) }
        report(result)
    }

    /// The session's sockets are closed.
    func release(_ number: UInt64) {
        let drained: EventLoopPromise<Void>? = state.withLock { state in
            guard let guest = state.sessions.removeValue(forKey: number) else { return nil }
            let left = (state.sessionsOfClient[guest.client] ?? 1) - 1
            state.sessionsOfClient[guest.client] = left > 0 ? left : nil
            guard state.sessions.isEmpty, let drained = state.drained else { return nil }
            state.drained = nil
            return drained
        }
        drained?.succeed()
    }

    /// Lets every session end as soon as nothing is under way in it.
    /// - Parameter promise: kept when there are none left.
    func drain(_ promise: EventLoopPromise<Void>) {
        let isEmpty = state.withLock { state in
            state.isDraining = true
            if !state.sessions.isEmpty { state.drained = promise }
            return state.sessions.isEmpty
        }
        if isEmpty { return promise.succeed() }
        forEachDriver { $0.drain() }
    }

    func abortAll() { forEachDriver { $0.abort() } }

    private func forEachDriver(_ body: @escaping @Sendable (SessionDriver) -> Void) {
        for guest in state.withLock({ Array($0.sessions.values) }) {
            guard let driver = guest.driver else { continue }
            guest.loop.execute { body(driver.value) }
        }
    }

    // MARK: Counters

    func count(bytes: Int, to peer: Peer) { state.withLock { $0.metrics.count(bytes: bytes, to: peer) } }

    func count(_ request: RequestRecord, of name: GatewayProtocol?) {
        state.withLock { $0.metrics.count(request, of: name) }
    }

    func count(_ failure: ServerFailure) { state.withLock { $0.metrics.count(failure) } }

    var metricsText: String {
        state.withLock { $0.metrics.text(openSessions: $0.sessions.count) }
    }
}

extension GatewayPolicy {
    var bufferBytes: Int { Int(clamping: max(2, limits[.bufferBytes])) }
}
