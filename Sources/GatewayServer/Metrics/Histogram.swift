/// How long things took, in the buckets that Prometheus' own libraries have.
struct Histogram {
    private static let bounds: [(text: String, nanoseconds: Int64)] = [
        ("0.005", 5_000_000), ("0.01", 10_000_000), ("0.025", 25_000_000), ("0.05", 50_000_000),
        ("0.1", 100_000_000), ("0.25", 250_000_000), ("0.5", 500_000_000), ("1", 1_000_000_000),
        ("2.5", 2_500_000_000), ("5", 5_000_000_000), ("10", 10_000_000_000),
    ]

    /// One a bound, and one for what is over the last.
    private var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    private var sum: Double = 0

    mutating func count(_ nanoseconds: Int64) {
        let bucket = Histogram.bounds.firstIndex { nanoseconds <= $0.nanoseconds } ?? Histogram.bounds.count
        counts[bucket] += 1
        sum += Double(nanoseconds) / 1e9
    }

    func text(_ name: String, _ help: String) -> String {
        var text = "# HELP \(name) \(help)\n# TYPE \(name) histogram\n"
        var total: UInt64 = 0
        for (index, bound) in Histogram.bounds.enumerated() {
            total += counts[index]
            text += "\(name)_bucket{le=\"\(bound.text)\"} \(total)\n"
        }
        total += counts[Histogram.bounds.count]
        return text + "\(name)_bucket{le=\"+Inf\"} \(total)\n\(name)_sum \(sum)\n\(name)_count \(total)\n"
    }
}
