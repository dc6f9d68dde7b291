import Packets
import RuleModel

/// An estimator of rates, which `RATEEST` feeds and `rateest` reads (net/core/gen_estimator.c).
///
/// The kernel takes a sample at fixed times since a rule made the estimator; here the first packet that comes to it starts
/// the first interval.
final class RateEstimator {
    private let clock: TickClock
    private let ticksPerSecond: Int64
    /// An interval is a quarter of a second shifted by this.
    private var intervalLog: UInt64 = 0
    /// How slowly the average follows: the weight of a sample is 2⁻ⁿ.
    private var averageLog: UInt64?
    private var nextTick: Int64?
    private var packets: UInt64 = 0
    private var bytes: UInt64 = 0
    /// Rates a second in 1/256.
    private var packetRate: UInt64 = 0
    private var byteRate: UInt64 = 0

    /// The estimator of a name, for target and match alike.
    static func shared(_ name: String, _ memory: SharedMemory) -> RateEstimator {
        memory.object("rateest \(name)") {
            RateEstimator(clock: .shared(memory), ticksPerSecond: memory.ticksPerSecond)
        }
    }

    init(clock: TickClock, ticksPerSecond: UInt32) {
        self.clock = clock
        self.ticksPerSecond = Int64(ticksPerSecond)
    }

    /// What the target says of it; as long as no target does, its rates are 0.
    /// - Parameters:
    ///   - intervalLog: an interval is a quarter of a second shifted by it, 0 to 5.
    ///   - averageLog: 1 to 30 (`ewma_log`).
    func configure(intervalLog: UInt8, averageLog: UInt8) {
        self.intervalLog = UInt64(intervalLog)
        self.averageLog = UInt64(averageLog)
    }

    /// Counts a packet (`xt_rateest_tg`).
    func count(_ length: UInt32, at time: Timestamp) {
        advance(to: time)
        packets &+= 1
        bytes &+= UInt64(length)
    }

    /// Packets and bytes a second (`gen_estimator_read`).
    func rates(at time: Timestamp) -> (packets: UInt64, bytes: UInt64) {
        advance(to: time)
        return (packetRate >> 8, byteRate >> 8)
    }

    /// Takes the samples that were due (`est_timer`).
    private func advance(to time: Timestamp) {
        guard let averageLog else { return }
        let now = clock.tick(at: time)
        let interval = (ticksPerSecond / 4) << Int64(intervalLog)
        guard let next = nextTick, next <= now else {
            if nextTick == nil { nextTick = now + interval }
            return
        }
        let due = (now - next) / interval
        nextTick = next + (due + 1) * interval
        sample(packets, &packetRate, averageLog)
        sample(bytes, &byteRate, averageLog)
        packets = 0
        bytes = 0
        RateEstimator.decay(&packetRate, averageLog, samples: due)
        RateEstimator.decay(&byteRate, averageLog, samples: due)
    }

    private func sample(_ amount: UInt64, _ rate: inout UInt64, _ averageLog: UInt64) {
        rate &+= ((amount << (10 - intervalLog)) >> averageLog) &- (rate >> averageLog)
    }

    /// So many samples of nothing: each takes away `rate >> averageLog`, as often the same as that doesn't change.
    private static func decay(_ rate: inout UInt64, _ averageLog: UInt64, samples: Int64) {
        var left = UInt64(samples)
        while left > 0, case let loss = rate >> averageLog, loss > 0 {
            let same = min(left, (rate - loss << averageLog) / loss + 1)
            rate -= same * loss
            left -= same
        }
    }
}
