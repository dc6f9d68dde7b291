/// The numbers in which `hashlimit` counts, by the kernel's ticks a second (revision 3 in net/netfilter/xt_hashlimit.c).
struct HashlimitCredits {
    let ticksPerSecond: UInt64
    /// `CREDITS_PER_JIFFY`: the largest power of two that lets a day's credits fit into 64 bits.
    let packetsPerTick: UInt64
    /// `CREDITS_PER_JIFFY_BYTES`: the same for a second's and 32 bits.
    let bytesPerTick: UInt64

    init(ticksPerSecond: UInt32) {
        self.ticksPerSecond = UInt64(ticksPerSecond)
        let perDay = UInt64.max / (UInt64(ticksPerSecond) * 86_400)
        let perSecond = UInt64(UInt32.max) / UInt64(ticksPerSecond)
        packetsPerTick = 1 << UInt64(63 - perDay.leadingZeroBitCount)
        bytesPerTick = 1 << UInt64(63 - perSecond.leadingZeroBitCount)
    }

    /// `user2credits`
    /// - Parameter period: in seconds / `HashlimitRate.scale`.
    func credits(_ period: UInt64) -> UInt64 {
        period &* (ticksPerSecond * packetsPerTick / HashlimitRate.scale)
    }

    var bytesPerSecond: UInt64 { bytesPerTick * ticksPerSecond }

    /// `user2credits_byte`
    func byteCost(_ cost: UInt64) -> UInt64 {
        (UInt64(UInt32(truncatingIfNeeded: cost)) * bytesPerSecond) >> 32
    }

    /// `user2rate`: packets a second.
    func packetRate(_ period: UInt64) -> UInt64 { period == 0 ? 0 : HashlimitRate.scale / period }

    /// `user2rate_bytes`: bytes a second.
    func byteRate(_ cost: UInt64) -> UInt64 {
        let cost = UInt64(UInt32(truncatingIfNeeded: cost))
        let pieces = cost == 0 ? UInt64(UInt32.max) : UInt64(UInt32.max) / cost
        return (pieces &- 1) << HashlimitRate.byteShift
    }

    /// `msecs_to_jiffies`; half the range of 32 bits and more is for ever.
    func ticks(milliseconds: UInt32) -> Int64 {
        if milliseconds > UInt32(Int32.max) { return .max / 4 }
        return Int64((UInt64(milliseconds) * ticksPerSecond + 999) / 1000)
    }
}
