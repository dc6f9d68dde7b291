/// Spans of time in words, and the steps of a time axis.
enum TimeScale {
    private static let units: [(name: String, nanoseconds: UInt64)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("min", 60_000_000_000), ("s", 1_000_000_000),
        ("ms", 1_000_000),
    ]

    /// `62.5 ms`, `4 s`, `1 min 4 s`; at most two units.
    static func words(_ nanoseconds: UInt64) -> String {
        guard let largest = units.firstIndex(where: { nanoseconds >= $0.nanoseconds }) else {
            return nanoseconds == 0 ? "0 s" : decimal(nanoseconds, of: 1_000_000) + " ms"
        }
        let unit = units[largest]
        guard largest < 3 else { return "\(decimal(nanoseconds, of: unit.nanoseconds)) \(unit.name)" }
        let next = units[largest + 1]
        let rest = nanoseconds % unit.nanoseconds / next.nanoseconds
        return "\(nanoseconds / unit.nanoseconds) \(unit.name)" + (rest > 0 ? " \(rest) \(next.name)" : "")
    }

    /// With as many digits behind the point as it takes, at most six.
    private static func decimal(_ value: UInt64, of unit: UInt64) -> String {
        let rest = value % unit * 1_000_000 / unit
        guard rest > 0 else { return "\(value / unit)" }
        var digits = String(rest + 1_000_000).dropFirst()
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(value / unit).\(digits)"
    }

    /// The smallest usual step that takes at most `count` of them to go through the span.
    static func step(through span: UInt64, atMost count: UInt64) -> UInt64 {
        let milliseconds: [UInt64] = [1, 2, 5, 10, 20, 50, 100, 200, 500].map { $0 * 1_000_000 }
        let seconds: [UInt64] = [
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
        ].map { $0 * 1_000_000_000 }
        let usual = milliseconds + seconds
        if let step = usual.first(where: { span / $0 <= count }) { return step }
        let days = span / (usual.last! * count) + 1
        return days * usual.last!
    }
}
