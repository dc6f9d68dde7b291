import Gateway
import Glibc
import NIOCore
import NIOPosix
import Packets
import Synchronization

/// The sockets that the gateway listens at.
final class Doors: Sendable {
    private let group: any EventLoopGroup
    private let gateway: GatewayState
    private let transparent: Endpoint
    private let channels = Mutex<[Door: any Channel]>([:])

    enum Door: Hashable {
        /// Of the listener with this address.
        case listener(Endpoint)
        /// Of all listeners without one.
        case transparent
        case metrics
    }

    init(_ group: any EventLoopGroup, _ gateway: GatewayState, transparent: Endpoint) {
        self.group = group
        self.gateway = gateway
        self.transparent = transparent
    }

    /// Opens what a policy needs and isn't open; nothing after an error.
    func open(for policy: GatewayPolicy) throws(SocketGateway.BindError) -> [Endpoint] {
        var opened: [(Door, any Channel)] = []
        for door in Doors.doors(of: policy) where channels.withLock({ $0[door] }) == nil {
            do throws(SocketGateway.BindError) {
                opened.append((door, try bind(door)))
            } catch {
                for (_, channel) in opened { channel.close(promise: nil) }
                throw error
            }
        }
        channels.withLock { channels in
            for (door, channel) in opened { channels[door] = channel }
        }
        return opened.compactMap { $0.1.localAddress?.endpoint }
    }

    func openMetrics(at endpoint: Endpoint) throws(SocketGateway.BindError) -> Endpoint {
        let gateway = gateway
        let channel = try bind(to: endpoint) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(MetricsHandler(gateway))
            }
        }
        channels.withLock { $0[.metrics] = channel }
        return channel.localAddress?.endpoint ?? endpoint
    }

    func closeOthers(than policy: GatewayPolicy) {
        let wanted = Set(Doors.doors(of: policy) + [.metrics])
        close { !wanted.contains($0) }
    }

    func closeAll() { close { _ in true } }

    private func close(_ isMeant: (Door) -> Bool) {
        let closed = channels.withLock { channels in
            let doors = channels.keys.filter(isMeant)
            return doors.compactMap { channels.removeValue(forKey: $0) }
        }
        for channel in closed { try? channel.close().wait() }
    }

    private static func doors(of policy: GatewayPolicy) -> [Door] {
        var doors: [Door] = []
        for listener in policy.listeners where listener.transports.contains(.tcp) {
            let door = listener.listen.map { Door.listener($0) } ?? .transparent
            if !doors.contains(door) { doors.append(door) }
        }
        return doors
    }

    private func bind(_ door: Door) throws(SocketGateway.BindError) -> any Channel {
        let gateway = gateway
        switch door {
        case .listener(let endpoint):
            return try bind(to: endpoint) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ArrivalHandler(gateway, .listener(endpoint)))
                }
            }
        case .transparent:
            return try bind(to: transparent) { channel in
                OriginalDestination.of(channel).flatMapThrowing { server in
                    try channel.pipeline.syncOperations.addHandler(
                        ArrivalHandler(gateway, .redirected(to: server)))
                }
            }
        case .metrics: preconditionFailure("the metrics have no listener")
        }
    }

    private func bind(
        to endpoint: Endpoint, _ initialize: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) throws(SocketGateway.BindError) -> any Channel {
        do {
            return try ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1_024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer(initialize)
                .bind(to: try SocketAddress(endpoint)).wait()
        } catch let error as IOError {
            throw SocketGateway.BindError(
                endpoint: endpoint, message: String(cString: strerror(error.errnoCode)))
        } catch {
            throw SocketGateway.BindError(endpoint: endpoint, message: "\(error)")
        }
    }
}
