import Packets
import RuleModel

/// The memory of one `limit` (`limit_mt` in net/netfilter/xt_limit.c), in the kernel's 32-bit arithmetic, which wraps.
final class TokenBucket: MatchHistory {
    private let clock: TickClock
    private let creditsPerTick: UInt32
    private let cost: UInt32
    private let capacity: UInt32
    private var credit: UInt32
    /// The tick of the last packet; nil before the first, which finds a full bucket.
    private var lastTick: Int64?

    /// - Parameter period: the time for one packet, in 1/10,000 s.
    init(period: UInt32, burst: UInt32, clock: TickClock, ticksPerSecond: UInt32) {
        self.clock = clock
        creditsPerTick = TokenBucket.creditsPerTick(ticksPerSecond)
        cost = TokenBucket.credits(period, ticksPerSecond)
        capacity = TokenBucket.credits(period &* burst, ticksPerSecond)
        credit = capacity
    }

    /// `CREDITS_PER_JIFFY`: the largest power of two that lets a day's credits fit into 32 bits.
    private static func creditsPerTick(_ ticksPerSecond: UInt32) -> UInt32 {
        1 << UInt32(31 - (UInt32.max / (ticksPerSecond * 86_400)).leadingZeroBitCount)
    }

    /// `user2credits`
    static func credits(_ period: UInt32, _ ticksPerSecond: UInt32) -> UInt32 {
        let perSecond = ticksPerSecond * creditsPerTick(ticksPerSecond)
        if period > .max / perSecond { return period / 10_000 &* perSecond }
        return period * perSecond / 10_000
    }

    func answer(_ context: borrowing TestContext, _ bytes: RawSpan) -> TestAnswer {
        let tick = clock.tick(at: context.metadata.timestamp)
        let elapsed = tick - (lastTick ?? tick)
        lastTick = tick
        credit = min(capacity, credit &+ UInt32(truncatingIfNeeded: elapsed) &* creditsPerTick)
        guard credit >= cost else { return .fails }
        credit -= cost
        return .holds
    }
}
