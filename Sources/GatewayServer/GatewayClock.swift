import NIOCore
import Packets

/// The sessions' clock: it begins with the system's time and goes on with NIO's, which is never set back.
struct GatewayClock: Sendable {
    private let epoch: Timestamp
    private let start = NIODeadline.now()

    /// - Parameter epoch: the system's time now.
    init(epoch: Timestamp) { self.epoch = epoch }

    var now: Timestamp {
        Timestamp(nanoseconds: epoch.nanoseconds &+ (NIODeadline.now() - start).nanoseconds)
    }

    func deadline(_ time: Timestamp) -> NIODeadline {
        let (distance, overflows) = time.nanoseconds.subtractingReportingOverflow(epoch.nanoseconds)
        // A year is as good as never.
        let year: Int64 = 365 * 86_400 * 1_000_000_000
        return start + .nanoseconds(overflows ? year : max(0, min(distance, year)))
    }
}
