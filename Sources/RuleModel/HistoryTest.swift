public import Packets

/// A test with memory (`limit`, `quota` …), or of the clock. Two occurrences are equal if they are written alike; each keeps a
/// memory of its own, which whoever runs the rules makes.
public struct HistoryTest: Hashable, Sendable {
    /// What it tests, in words that distinguish it from any other: `limit 5/min burst 5`.
    public let summary: String
    private let make: @Sendable () -> any MatchHistory

    public init(summary: String, makeHistory: @escaping @Sendable () -> any MatchHistory) {
        self.summary = summary
        make = makeHistory
    }

    public func makeHistory() -> any MatchHistory { make() }

    public static func == (a: HistoryTest, b: HistoryTest) -> Bool { a.summary == b.summary }
    public func hash(into hasher: inout Hasher) { hasher.combine(summary) }
}

/// The memory of one occurrence of a test. Asked once for each packet that reaches it, in the order of packets.
public protocol MatchHistory: AnyObject {
    func matches(_ packet: borrowing Packet, _ metadata: borrowing PacketMetadata) -> Bool
}
