import NIOCore

/// Answers `GET /metrics`, one request a connection.
final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private static let mostBytes = 8_192
    private let gateway: GatewayState
    private var head: [UInt8] = []
    private var isAnswered = false

    init(_ gateway: GatewayState) { self.gateway = gateway }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isAnswered else { return }
        head += unwrapInboundIn(data).readableBytesView
        guard head.count <= MetricsHandler.mostBytes else { return context.close(promise: nil) }
        guard let end = head.firstIndex(of: UInt8(ascii: "\n")),
            String(decoding: head, as: UTF8.self).hasEmptyLine
        else { return }
        isAnswered = true
        let words = String(decoding: head[..<end], as: UTF8.self).split(separator: " ")
        let isKnown = words.count == 3 && words[0] == "GET" && words[1] == "/metrics"
        let body = isKnown ? gateway.metricsText : "GET /metrics\n"
        let answer =
            "HTTP/1.1 \(isKnown ? "200 OK" : "404 Not Found")\r\n"
            + "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: \(body.utf8.count)\r\n"
            + "Connection: close\r\n\r\n" + body
        let channel = context.channel
        channel.writeAndFlush(channel.allocator.buffer(string: answer)).assumeIsolated().whenComplete { _ in
            channel.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

extension String {
    fileprivate var hasEmptyLine: Bool { contains("\r\n\r\n") || contains("\n\n") }
}
