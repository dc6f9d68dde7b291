import Engine
import Packets
import Replay
import Reports

/// What the firewall knows at the end of a replay: `--counters`, `--counters6`, `--conntrack`.
struct StateFiles {
    private let ipv4: TextFile?
    private let ipv6: TextFile?
    private let connections: TextFile?

    init(ipv4: String?, ipv6: String?, connections: String?) throws {
        self.ipv4 = try ipv4.map { try TextFile(path: $0) }
        self.ipv6 = try ipv6.map { try TextFile(path: $0) }
        self.connections = try connections.map { try TextFile(path: $0) }
    }

    /// - Parameter end: the time of the last frame; nil if there was none.
    func write(_ session: borrowing ReplaySession, at end: Timestamp?) throws {
        if let ipv4, let rules = session.book.ipv4 {
            try ipv4.write(rules.countersText(session.replayer.firewall.ipv4.counters))
        }
        if let ipv6, let rules = session.book.ipv6 {
            try ipv6.write(rules.countersText(session.replayer.firewall.ipv6.counters))
        }
        if let connections {
            try connections.write(
                ConnectionLines.text(
                    of: session.replayer.firewall.connections, at: end ?? Timestamp(nanoseconds: 0)))
        }
    }
}
