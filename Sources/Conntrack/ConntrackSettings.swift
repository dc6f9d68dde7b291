/// The sysctls of connection tracking, with the kernel's defaults. Timeouts are in seconds.
public struct ConntrackSettings: Hashable, Sendable {
    /// The most connections there may be, unconfirmed ones included; 0 is "no limit". The kernel's default
    /// depends on its memory; this is the one of machines with more than 4 GiB.
    public var maximumConnections: UInt32 = 262_144
    /// The most expectations there may be; the kernel's default, too, depends on its memory.
    public var maximumExpectations: UInt32 = 4096
    /// Verify upper-layer checksums in PREROUTING.
    public var checksum = true
    /// Show packet and byte counts. They are kept in any case.
    public var accounting = false
    public var tcp = TCP()
    public var sctp = SCTP()
    public var udpTimeout: UInt32 = 30
    public var udpStreamTimeout: UInt32 = 120
    public var icmpTimeout: UInt32 = 30
    public var icmpv6Timeout: UInt32 = 30
    public var greTimeout: UInt32 = 30
    public var greStreamTimeout: UInt32 = 180
    public var genericTimeout: UInt32 = 600

    public init() {}

    public struct TCP: Hashable, Sendable {
        /// Pick up connections whose beginning wasn't seen.
        public var loose = true
        /// Only resets out of the window are INVALID.
        public var beLiberal = false
        public var ignoreInvalidReset = false
        /// After so many retransmissions the shorter `retransmissionTimeout` holds.
        public var maximumRetransmissions: UInt32 = 3

        public var synSentTimeout: UInt32 = 120
        public var synReceivedTimeout: UInt32 = 60
        public var establishedTimeout: UInt32 = 432_000
        public var finWaitTimeout: UInt32 = 120
        public var closeWaitTimeout: UInt32 = 60
        public var lastAckTimeout: UInt32 = 30
        public var timeWaitTimeout: UInt32 = 120
        public var closeTimeout: UInt32 = 10
        public var retransmissionTimeout: UInt32 = 300
        public var unacknowledgedTimeout: UInt32 = 300
    }

    public struct SCTP: Hashable, Sendable {
        public var closedTimeout: UInt32 = 10
        public var cookieWaitTimeout: UInt32 = 3
        public var cookieEchoedTimeout: UInt32 = 3
        public var establishedTimeout: UInt32 = 210
        public var shutdownSentTimeout: UInt32 = 3
        public var shutdownReceivedTimeout: UInt32 = 3
        public var shutdownAckSentTimeout: UInt32 = 3
        public var heartbeatSentTimeout: UInt32 = 30
    }
}
