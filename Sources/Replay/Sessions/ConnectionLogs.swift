public import Gateway
import Packets

/// The connections of both sides, as far as somebody wants them written.
public struct ConnectionLogs: Sendable {
    public var client: ConnectionLog?
    public var server: ConnectionLog?
    /// Frames are held back for so long, because a handshake is known to be one only at its end.
    private static let delay: Int64 = 3_000_000_000

    public init(client: Bool, server: Bool) {
        self.client = client ? ConnectionLog() : nil
        self.server = server ? ConnectionLog() : nil
    }

    mutating func advance(to time: Timestamp) {
        let due = time.advanced(by: -ConnectionLogs.delay)
        client?.advance(to: due)
        server?.advance(to: due)
    }

    mutating func finish() {
        client?.finish()
        server?.finish()
    }
}
