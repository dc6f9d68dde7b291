import Packets
import RuleModel

/// The kernel's clock, which counts ticks ("jiffies"). A capture's clock may step back; the kernel's doesn't, so there is
/// one for all memories of a run.
final class TickClock {
    private let nanosecondsPerTick: Int64
    private var latest = Int64.min

    static func shared(_ memory: SharedMemory) -> TickClock {
        memory.object("clock") { TickClock(ticksPerSecond: memory.ticksPerSecond) }
    }

    init(ticksPerSecond: UInt32) { nanosecondsPerTick = 1_000_000_000 / Int64(ticksPerSecond) }

    /// The tick of a packet that arrives at a time; never less than that of a packet before.
    func tick(at time: Timestamp) -> Int64 {
        latest = max(latest, time.nanoseconds / nanosecondsPerTick)
        return latest
    }
}
