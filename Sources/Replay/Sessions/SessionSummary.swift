public import Gateway

/// Totals of a session replay: every frame is in one of them.
public struct SessionSummary: Sendable {
    public internal(set) var frames: UInt64 = 0
    /// Copies in other captures included.
    public internal(set) var inSessions: UInt64 = 0
    public internal(set) var notIP: UInt64 = 0
    public internal(set) var malformed: UInt64 = 0
    /// Packets of no session, by `FrameOutcome`'s reason.
    public internal(set) var other: [String: UInt64] = [:]
    public internal(set) var sessions: UInt64 = 0
    /// Sessions that are done, by verdict.
    public internal(set) var verdicts: [SessionVerdict: UInt64] = [:]
    /// Packets whose payload the capture cut.
    public internal(set) var cut: UInt64 = 0
    /// Packets that left their checksum to a network card.
    public internal(set) var offloaded: UInt64 = 0

    public init() {}

    public var otherTotal: UInt64 { other.values.reduce(0, +) }
    public var allowed: UInt64 { verdicts.filter { $0.key.letsThrough }.values.reduce(0, +) }
    public var denied: UInt64 { count(.deny) + count(.reset) }
    public var unproxied: UInt64 { count(.unproxied) }

    public func count(_ verdict: SessionVerdict) -> UInt64 { verdicts[verdict] ?? 0 }
}

/// What a frame is to the gateway.
public enum FrameOutcome: Sendable, Hashable {
    /// Of the session with this number.
    case session(UInt64, from: Peer)
    case notIP
    case malformed
    /// A packet of no session, and why: `icmp`, `fragment`, `udp-no-listener` …
    case other(String)
}
