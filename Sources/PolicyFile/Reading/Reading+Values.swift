import Gateway
import Packets

/// Numbers, sizes, times, addresses and ports.
extension GatewayPolicyReader {
    mutating func number(_ node: YAMLNode, in range: ClosedRange<Int64>, _ noun: String) -> Int64? {
        guard let text = text(node, noun) else { return nil }
        guard let value = decimal(text) else {
            error("'\(text)' is no number", node)
            return nil
        }
        guard range.contains(value) else {
            let bounds =
                range.upperBound == .max
                ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
            error("\(noun) is \(bounds)", node)
            return nil
        }
        return value
    }

    /// Bytes: `16384`, `16k`, `100M`, `1G`.
    mutating func size(_ node: YAMLNode) -> Int64? {
        guard let text = text(node, "a size") else { return nil }
        let shift: Int64 =
            switch text.last {
            case "k", "K": 10
            case "m", "M": 20
            case "g", "G": 30
            default: 0
            }
        guard let value = decimal(shift == 0 ? text : String(text.dropLast())) else {
            error("'\(text)' is no size: write 16384, 16k, 100M or 1G", node)
            return nil
        }
        let most: Int64 = 1 << 40
        guard value > 0, value <= most >> shift else {
            error("a size is 1 byte to 1024 G", node)
            return nil
        }
        return value << shift
    }

    /// `10s`, `1h30m`, `500ms`, in nanoseconds.
    mutating func duration(_ node: YAMLNode) -> Int64? {
        guard let text = text(node, "a time") else { return nil }
        guard let seconds = DurationText.nanoseconds(text) else {
            let hint = decimal(text) == nil ? "write 500ms, 10s, 5m or 1h30m" : "it needs a unit: \(text)s"
            error("'\(text)' is no time: \(hint)", node)
            return nil
        }
        guard seconds > 0, seconds <= DurationText.most else {
            error("a time is over 0 and at most 8760h", node)
            return nil
        }
        return seconds
    }

    mutating func address(_ node: YAMLNode) -> IPAddress? {
        guard let text = text(node, "an address") else { return nil }
        if let address = IPAddress(text) { return address }
        error("'\(text)' is no IP address", node)
        return nil
    }

    mutating func prefix(_ node: YAMLNode) -> IPPrefix? {
        guard let text = text(node, "an address or a prefix") else { return nil }
        if let prefix = IPPrefix(text) { return prefix }
        error("'\(text)' is no IP address or prefix", node)
        return nil
    }

    /// `127.0.0.1:8080`, `[::1]:8080`.
    mutating func endpoint(_ node: YAMLNode, lowestPort: UInt16) -> Endpoint? {
        guard let text = text(node, "ADDRESS:PORT") else { return nil }
        guard let endpoint = Endpoint(text), endpoint.port >= lowestPort else {
            error("'\(text)' is no ADDRESS:PORT, such as 127.0.0.1:8080 or \"[::1]:8080\"", node)
            return nil
        }
        return endpoint
    }

    /// Ports and ranges of them, sorted and disjoint.
    mutating func ports(_ node: YAMLNode) -> [ClosedRange<UInt16>] {
        var ranges: [ClosedRange<UInt16>] = []
        for item in listOrOne(node) {
            guard let text = text(item, "a port") else { continue }
            let ends = text.split(separator: "-", omittingEmptySubsequences: false)
            let numbers = ends.compactMap { decimal(String($0)) }
            guard numbers.count == ends.count, ends.count <= 2 else {
                error("'\(text)' is no port or range of ports, such as 80 or \"8000-8099\"", item)
                continue
            }
            guard numbers.allSatisfy({ (1...65_535).contains($0) }) else {
                error("a port is 1 to 65535", item)
                continue
            }
            guard numbers[0] <= numbers[numbers.count - 1] else {
                error("the range's end is before its beginning", item)
                continue
            }
            ranges.append(UInt16(numbers[0])...UInt16(numbers[numbers.count - 1]))
        }
        return merged(ranges)
    }

    private func merged(_ ranges: [ClosedRange<UInt16>]) -> [ClosedRange<UInt16>] {
        var merged: [ClosedRange<UInt16>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, Int(range.lowerBound) <= Int(last.upperBound) + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }

    /// `200`, `"> 1000"`, `">= 5"`, `"< 10"`, `"<= 9"`, `"10-20"`.
    mutating func numberRange(_ node: YAMLNode) -> ClosedRange<Int64>? {
        guard let text = text(node, "a number") else { return nil }
        if let range = NumberRangeText.range(text) { return range }
        error("'\(text)' is no number or range of them, such as 200, \"> 1000\" or \"10-20\"", node)
        return nil
    }
}

/// A decimal number of digits alone that fits.
func decimal(_ text: some StringProtocol) -> Int64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int64(text)
}

enum NumberRangeText {
    static func range(_ text: String) -> ClosedRange<Int64>? {
        let words = text.filter { $0 != " " }
        if words.hasPrefix(">=") { return decimal(words.dropFirst(2)).map { $0...Int64.max } }
        if words.hasPrefix("<=") { return decimal(words.dropFirst(2)).map { 0...$0 } }
        if words.hasPrefix(">") {
            return decimal(words.dropFirst()).flatMap { $0 < .max ? ($0 + 1)...Int64.max : nil }
        }
        if words.hasPrefix("<") { return decimal(words.dropFirst()).flatMap { $0 > 0 ? 0...($0 - 1) : nil } }
        let ends = words.split(separator: "-", omittingEmptySubsequences: false)
        let numbers = ends.compactMap { decimal($0) }
        guard numbers.count == ends.count, ends.count <= 2, numbers[0] <= numbers[numbers.count - 1] else {
            return nil
        }
        return numbers[0]...numbers[numbers.count - 1]
    }
}

enum DurationText {
    /// A year.
    static let most: Int64 = 8_760 * 3_600 * 1_000_000_000

    /// Numbers with units, the largest unit first, each unit once; nil if it isn't that, over `most` if it is more.
    static func nanoseconds(_ text: String) -> Int64? {
        let units: [(name: String, nanoseconds: Int64)] = [
            ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
        ]
        var rest = text[...]
        var total: Int64 = 0
        var next = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard let value = decimal(digits),
                let unit = units[next...].firstIndex(where: { $0.name == name })
            else { return nil }
            next = unit + 1
            let (product, overflow) = value.multipliedReportingOverflow(by: units[unit].nanoseconds)
            total = overflow || product > most ? most + 1 : min(total + product, most + 1)
        }
        return total
    }
}
