/// One session as results list it: its record, and what only who drives it knows.
public struct SessionResult: Sendable {
    /// From 1, in the order of the sessions' first packets.
    public var number: UInt64
    /// Captured frames of the session, copies of them in other captures included; nil live.
    public var packets: UInt64?
    public var record: SessionRecord
    /// The connection to the server; nil if none was opened.
    public var upstream: Upstream?

    /// Whence the gateway reached the server.
    public struct Upstream: Hashable, Sendable {
        public var source: Endpoint
        /// The initial sequence number; nil for UDP, and where the system chose it.
        public var initialSequence: UInt32?

        public init(source: Endpoint, initialSequence: UInt32? = nil) {
            self.source = source
            self.initialSequence = initialSequence
        }
    }

    public init(number: UInt64, packets: UInt64? = nil, record: SessionRecord, upstream: Upstream? = nil) {
        self.number = number
        self.packets = packets
        self.record = record
        self.upstream = upstream
    }
}
