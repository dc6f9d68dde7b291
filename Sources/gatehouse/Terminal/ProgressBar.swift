import Glibc

/// A line on standard error for work that takes over a second, if a terminal is there to show it.
struct ProgressBar {
    private let isShown: Bool
    private let started = ProgressBar.now()
    private var lastDrawn: Double
    private var hasDrawn = false

    init() {
        isShown = StandardError.isTerminal
        lastDrawn = started + 0.8
    }

    /// - Parameter fraction: of the whole work; nil if the input's size isn't known.
    mutating func update(packets: UInt64, fraction: Double?) {
        guard isShown else { return }
        let now = ProgressBar.now()
        guard now - lastDrawn >= 0.2 else { return }
        lastDrawn = now
        hasDrawn = true
        let rate = UInt64(Double(packets) / max(now - started, 0.001))
        var line = "\r\u{1b}[K"
        if let fraction {
            let filled = Int(min(max(fraction, 0), 1) * 24)
            line +=
                "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 24 - filled)
                + "] "
            line += "\(Int(min(max(fraction, 0), 1) * 100)) %  "
        }
        StandardError.write(line + "\(packets) packets, \(rate) a second")
    }

    mutating func finish() {
        if hasDrawn { StandardError.write("\r\u{1b}[K") }
        hasDrawn = false
    }

    /// Seconds of the monotonic clock.
    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
