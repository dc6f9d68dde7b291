import Gateway
import NIOCore

/// One of a session's two sockets: its events go to the session's driver.
final class PeerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let peer: Peer
    private let driver: SessionDriver
    private var hasEnded = false
    private var hasFailed = false

    init(_ peer: Peer, _ driver: SessionDriver) {
        self.peer = peer
        self.driver = driver
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard driver.isCurrent(context.channel, of: peer) else { return }
        driver.receive(.data(peer, Array(unwrapInboundIn(data).readableBytesView)))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent, !hasEnded {
            hasEnded = true
            if driver.isCurrent(context.channel, of: peer) { driver.receive(.closed(peer)) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard driver.isCurrent(context.channel, of: peer) else { return }
        driver.receive(.writable(peer, context.channel.isWritable))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        hasFailed = true
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        driver.disconnected(peer, context.channel, hasEnded: hasEnded, hasFailed: hasFailed)
    }
}
