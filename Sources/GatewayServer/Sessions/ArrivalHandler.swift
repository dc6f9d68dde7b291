import Gateway
import NIOCore
import Packets

/// Takes a client's new connection: finds its listener, keeps to the limits, and begins its session.
final class ArrivalHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    enum Way {
        /// At the address of a listener.
        case listener(Endpoint)
        /// By a redirection from where the client wanted to go; nil if there was none.
        case redirected(to: Endpoint?)
    }

    private let gateway: GatewayState
    private let way: Way

    init(_ gateway: GatewayState, _ way: Way) {
        self.gateway = gateway
        self.way = way
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        guard let client = channel.remoteAddress?.endpoint, let local = channel.localAddress?.endpoint else {
            return context.close(promise: nil)
        }
        switch gateway.admit(client.address, on: context.eventLoop) {
        case .refused(let number, let limit):
            refuse(client, local, number, .limit(limit), channel)
        case .admitted(let number, let policy):
            guard let (listener, server) = destination(policy, local) else {
                refuse(client, local, number, .unlisted, channel)
                return gateway.release(number)
            }
            let driver = SessionDriver(
                gateway, number: number, policy: policy, listener: listener, client: channel, from: client,
                to: server)
            begin(driver, number, policy, context)
        }
    }

    private func begin(
        _ driver: SessionDriver, _ number: UInt64, _ policy: GatewayPolicy, _ context: ChannelHandlerContext
    ) {
        let size = policy.bufferBytes
        let isStopping = gateway.settle(number, NIOLoopBound(driver, eventLoop: context.eventLoop))
        do {
            try context.channel.syncOptions?.setOption(
                .writeBufferWaterMark, value: .init(low: max(1, size / 2), high: size))
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(PeerHandler(.client, driver))
            pipeline.removeHandler(context: context, promise: nil)
        } catch {
            return driver.abort()
        }
        driver.receive(.opened)
        if isStopping { driver.drain() }
    }

    /// The listener, nil for an unlisted session, and where the client wanted to go; nil if nobody knows.
    private func destination(_ policy: GatewayPolicy, _ local: Endpoint) -> (Listener?, Endpoint)? {
        switch way {
        case .listener(let endpoint):
            // A reload may have taken the listener away just now.
            guard let listener = policy.listeners.first(where: { $0.listen == endpoint }) else { return nil }
            if case .fixed(let server) = listener.mode { return (listener, server) }
            return (listener, local)
        case .redirected(let server):
            guard let server else { return nil }
            return (policy.listeners.first { $0.listen == nil && $0.takes(server, .tcp) }, server)
        }
    }

    /// Breaks a connection off that gets no session, and says why.
    private func refuse(
        _ client: Endpoint, _ server: Endpoint, _ number: UInt64, _ reason: Anomaly, _ channel: any Channel
    ) {
        var record = SessionRecord(client: client, server: server, transport: .tcp, start: gateway.clock.now)
        record.verdict = .reset
        record.reason = reason.rawValue
        record.anomalies = [reason]
        gateway.finished(SessionResult(number: number, record: record))
        channel.breakOff()
    }
}
