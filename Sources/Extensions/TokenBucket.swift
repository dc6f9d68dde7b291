import Packets
import RuleModel

/// The memory of one `limit` (`limit_mt` in net/netfilter/xt_limit.c), in the kernel's 32-bit arithmetic, which wraps.
final class TokenBucket: MatchHistory {
    /// The kernel's ticks a second. It is set when a kernel is built; 250 is what most distributions take.
    static let ticksPerSecond: UInt32 = 250
    /// The largest power of two that is at most 2³² / (`ticksPerSecond` · 86,400 s).
    static let creditsPerTick: UInt32 = 128

    private let cost: UInt32
    private let capacity: UInt32
    private var credit: UInt32
    /// The tick of the last packet; nil before the first, which finds a full bucket.
    private var lastTick: Int64?

    /// - Parameter period: the time for one packet, in 1/10,000 s.
    init(period: UInt32, burst: UInt32) {
        cost = TokenBucket.credits(period)
        capacity = TokenBucket.credits(period &* burst)
        credit = capacity
    }

    /// `user2credits`
    static func credits(_ period: UInt32) -> UInt32 {
        let perSecond = ticksPerSecond * creditsPerTick
        if period > .max / perSecond { return period / 10_000 &* perSecond }
        return period * perSecond / 10_000
    }

    func answer(_ context: borrowing TestContext, _ bytes: RawSpan) -> TestAnswer {
        let tick =
            context.metadata.timestamp.nanoseconds / (1_000_000_000 / Int64(TokenBucket.ticksPerSecond))
        // A capture's clock may step back; the kernel's doesn't.
        let elapsed = max(0, tick &- (lastTick ?? tick))
        lastTick = max(tick, lastTick ?? tick)
        credit = min(capacity, credit &+ UInt32(truncatingIfNeeded: elapsed) &* TokenBucket.creditsPerTick)
        guard credit >= cost else { return .fails }
        credit -= cost
        return .holds
    }
}
