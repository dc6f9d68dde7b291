import RuleModel

/// A unit of time in a rate of packets, which `limit` and `hashlimit` read and print alike.
struct RateUnit: Sendable {
    let name: String
    /// As it is printed.
    let shortName: String
    let seconds: UInt32

    static let all = [
        RateUnit(name: "second", shortName: "sec", seconds: 1),
        RateUnit(name: "minute", shortName: "min", seconds: 60),
        RateUnit(name: "hour", shortName: "hour", seconds: 3600),
        RateUnit(name: "day", shortName: "day", seconds: 86_400),
    ]

    /// `print_rate`: the longest unit of time that loses nothing to speak of.
    /// - Parameter period: the time for one packet, in seconds / `scale`; not 0.
    static func printed(period: UInt64, scale: UInt64) -> (number: UInt64, unit: RateUnit) {
        var chosen = all[all.count - 1]
        for unit in all.reversed().dropFirst() {
            let length = UInt64(unit.seconds) * scale
            if period > length || length / period < length % period { break }
            chosen = unit
        }
        return (UInt64(chosen.seconds) * scale / period, chosen)
    }
}

/// A number off the front of a text, as `atoll` reads it: 0 without digits; what is too large saturates.
func leadingInteger(_ text: some StringProtocol) -> Int64 {
    var rest = Substring(text).utf8.drop { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    var value: Int64 = 0
    for byte in rest {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
        let (product, tooBig) = value.multipliedReportingOverflow(by: 10)
        let (sum, stillTooBig) = product.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
        if tooBig || stillTooBig { return isNegative ? .min : .max }
        value = sum
    }
    return isNegative ? -value : value
}
