import Gateway
import Glibc
import NIOCore
import Packets

/// Where a connection was going before a REDIRECT rule brought it here.
enum OriginalDestination {
    /// `SO_ORIGINAL_DST` and `IP6T_SO_ORIGINAL_DST` (linux/netfilter_ipv4.h, linux/netfilter_ipv6/ip6_tables.h).
    private static let option: CInt = 80

    /// Nil where connection tracking knows of no redirection.
    static func of(_ channel: any Channel) -> EventLoopFuture<Endpoint?> {
        guard let options = channel as? any SocketOptionProvider, let local = channel.localAddress?.endpoint
        else {
            return channel.eventLoop.makeSucceededFuture(nil)
        }
        let name = NIOBSDSocket.Option(rawValue: option)
        let found: EventLoopFuture<Endpoint?>
        if case .v4? = channel.localAddress {
            let level = NIOBSDSocket.OptionLevel(rawValue: CInt(IPPROTO_IP))
            let value: EventLoopFuture<sockaddr_in> = options.unsafeGetSocketOption(level: level, name: name)
            found = value.map { SocketAddress($0, host: "").endpoint }
        } else {
            let level = NIOBSDSocket.OptionLevel(rawValue: CInt(IPPROTO_IPV6))
            let value: EventLoopFuture<sockaddr_in6> = options.unsafeGetSocketOption(level: level, name: name)
            found = value.map { SocketAddress($0, host: "").endpoint }
        }
        // A connection that came straight here would be led to itself.
        return found.map { $0 == local ? nil : $0 }.recover { _ in nil }
    }
}
