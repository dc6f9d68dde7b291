import Packets

/// How an interface counts time (`if_tsresol`, `if_tsoffset`).
struct PcapngClock: BitwiseCopyable {
    private let resolution: TimestampResolution
    private let ticksPerSecond: UInt64
    /// Added to the seconds.
    private let offset: UInt64
    /// What a count is multiplied by, where that is all it takes; else 0.
    private let factor: UInt64

    /// - Returns: nil for more ticks a second than 64 bits hold.
    init?(_ resolution: TimestampResolution, offset: UInt64) {
        self.resolution = resolution
        self.offset = offset
        switch resolution {
        case .decimal(let power):
            guard power <= 19 else { return nil }
            ticksPerSecond = (0..<power).reduce(1) { product, _ in product * 10 }
            factor = power <= 9 && offset == 0 ? 1_000_000_000 / ticksPerSecond : 0
        case .binary(let power):
            guard power <= 63 else { return nil }
            ticksPerSecond = 1 << UInt64(power)
            factor = 0
        }
    }

    /// The moment of a count of ticks; one that 64 bits of nanoseconds can't hold becomes the nearest.
    @inline(__always)
    func timestamp(_ ticks: UInt64) -> Timestamp {
        let (product, overflow) = ticks.multipliedReportingOverflow(by: factor)
        if factor != 0 && !overflow && product <= UInt64(Int64.max) {
            return Timestamp(nanoseconds: Int64(product))
        }
        return general(ticks)
    }

    @inline(never)
    private func general(_ ticks: UInt64) -> Timestamp {
        let (wholeSeconds, rest) = ticks.quotientAndRemainder(dividingBy: ticksPerSecond)
        let seconds = Int64(bitPattern: wholeSeconds &+ offset)
        // Less than a second: the quotient fits.
        let (high, low) = rest.multipliedFullWidth(by: 1_000_000_000)
        let fraction = Int64(ticksPerSecond.dividingFullWidth((high, low)).quotient)
        let (product, productOverflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, sumOverflow) = product.addingReportingOverflow(fraction)
        if productOverflow || sumOverflow {
            return Timestamp(nanoseconds: seconds < 0 ? .min : .max)
        }
        return Timestamp(nanoseconds: sum)
    }
}
