/// What a session wants done: out of `GatewaySession`, to be performed in order.
public enum SessionCommand: Sendable {
    /// Open the connection to the server. Answered by `serverOpened` or `serverFailed`.
    case openServer(ServerAddress)
    /// Bytes of a stream, or one whole datagram.
    case send(Peer, [UInt8])
    /// No more will be sent to the peer; what was sent before still goes out.
    case close(Peer)
    /// Break the connection with the peer off.
    case reset(Peer)
    /// Read no more from the peer until `resumeReading`.
    case pauseReading(Peer)
    case resumeReading(Peer)
    /// A request of the session is done with: for counters. It is also in the session's record.
    case request(RequestRecord)
    /// The session is over, and nothing comes after it.
    case finished(SessionRecord)
}

public enum ServerAddress: Hashable, Sendable {
    case endpoint(Endpoint)
    /// A name that a request of an explicit proxy gave.
    case name(String, port: UInt16)
}
