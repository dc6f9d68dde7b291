import Gateway
import Glibc
import NIOCore
import NIOPosix
import Packets

/// Opens connections to servers. Names are resolved beside the event loop.
enum Connector {
    /// The channel reads nothing until it is told to.
    /// - Parameter sources: where the gateway's side comes from, one address of each family at most.
    static func connect(
        _ server: ServerAddress, on loop: any EventLoop, from sources: [IPAddress], within limit: TimeAmount,
        bufferBytes: Int
    ) -> EventLoopFuture<any Channel> {
        var bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(limit)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(
                .writeBufferWaterMark, value: .init(low: max(1, bufferBytes / 2), high: bufferBytes))
        switch server {
        case .endpoint(let endpoint):
            do {
                if let source = sources.first(where: { $0.family == endpoint.address.family }) {
                    bootstrap = bootstrap.bind(to: try SocketAddress(Endpoint(source, 0)))
                }
                return bootstrap.connect(to: try SocketAddress(endpoint))
            } catch {
                return loop.makeFailedFuture(error)
            }
        case .name(let name, let port): return bootstrap.connect(host: name, port: Int(port))
        }
    }

    static func failure(_ error: any Error) -> ServerFailure {
        switch error {
        case let error as IOError:
            error.errnoCode == ECONNREFUSED
                ? .refused : error.errnoCode == ETIMEDOUT ? .timeout : .unreachable
        case ChannelError.connectTimeout: .timeout
        case let error as NIOConnectionError:
            error.connectionErrors.last.map { failure($0.error) } ?? .unresolved
        default: .unreachable
        }
    }
}
