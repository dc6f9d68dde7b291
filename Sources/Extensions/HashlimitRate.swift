import Packets
import RuleModel

/// A rate of `hashlimit` in the kernel's numbers (revision 3 of extensions/libxt_hashlimit.c), whose products wrap.
struct HashlimitRate: Hashable, Sendable {
    enum Unit: Sendable {
        case packets, bytes
    }

    /// `XT_HASHLIMIT_SCALE_v2`
    static let scale: UInt64 = 1_000_000
    /// `XT_HASHLIMIT_BYTE_SHIFT`: bytes count in pieces of 16.
    static let byteShift: UInt64 = 4
    /// Milliseconds after which an idle entry goes, for a rate of bytes with a burst.
    static let burstExpiry: UInt32 = 60_000
    private static let byteExpiry: UInt32 = 15_000
    private static let largestBurst: UInt64 = 1_000_000

    var unit: Unit
    /// Packets: the time for one in seconds / `scale`. Bytes: the cost of a piece, in 1 / 2³² of a second's credits.
    var average: UInt64
    /// Packets, or how often a second's bytes may be used ahead.
    var burst: UInt64
    /// `--hashlimit-rate-match`: the seconds over which a rate is taken.
    var interval: UInt32?

    /// What is wrong with the numbers, as the kernel checks them (`hashlimit_mt_check_common`, with 250 ticks a second).
    var fault: String? {
        let ticks = HashlimitCredits(ticksPerSecond: 250)
        if interval != nil {
            return average == 0 || average > UInt64(UInt32.max) ? "the kernel can't count so low a rate" : nil
        }
        switch unit {
        case .bytes: return ticks.byteCost(average) == 0 ? "the kernel can't count so high a rate" : nil
        case .packets:
            return ticks.credits(average &* burst) < ticks.credits(average)
                ? "the kernel's numbers overflow with so large a burst at so low a rate" : nil
        }
    }

    // MARK: Reading

    /// `--hashlimit-upto` and its like.
    struct Written {
        var unit: Unit
        var average: UInt64
        /// The unit of time, which idle entries outlive.
        var seconds: UInt32

        /// `parse_bytes` and, if that finds no bytes, `parse_rate`.
        init?(_ argument: Argument, _ reader: inout OptionReader) {
            let text = argument.text
            let number = UInt64(bitPattern: leadingInteger(text))
            if let place = text.firstRange(of: "b/s"), place.lowerBound != text.startIndex, number != 0 {
                let factor = HashlimitRate.factor(text[text.index(before: place.lowerBound)])
                guard let cost = HashlimitRate.cost(ofBytes: number &* factor) else {
                    reader.error("the kernel can't count so high a rate", at: argument.range)
                    return nil
                }
                (unit, average, seconds) = (.bytes, cost, HashlimitRate.byteExpiry / 1000)
                return
            }
            var seconds: UInt32 = 1
            if let slash = text.firstIndex(of: "/") {
                let unit = String(text[text.index(after: slash)...])
                guard !unit.isEmpty,
                    let known = RateUnit.all.first(where: { $0.name.hasPrefix(ignoringCase: unit) })
                else {
                    reader.error(
                        "a rate is a number, then /second, /minute, /hour or /day, a beginning of these, or b/s",
                        at: argument.range)
                    return nil
                }
                seconds = known.seconds
            }
            guard number != 0 else {
                reader.error("a rate begins with a number greater than 0", at: argument.range)
                return nil
            }
            let average = HashlimitRate.scale * UInt64(seconds) / number
            guard average > 0 else {
                reader.error(
                    "at most \(HashlimitRate.scale) packets a second can be counted", at: argument.range)
                return nil
            }
            (unit, self.average, self.seconds) = (.packets, average, seconds)
        }
    }

    /// `--hashlimit-burst`
    struct Burst {
        var value: UInt64
        var isGivenInBytes = false

        /// `parse_burst` and its part of `hashlimit_mt_check`.
        /// - Parameter option: nil if there is none.
        init?(_ option: ParsedOption?, _ written: Written, _ reader: inout OptionReader) {
            guard let argument = option?.arguments.first else {
                value = written.unit == .packets ? 5 : 0
                return
            }
            var scanner = NumberScanner(argument.text)
            guard let number = scanner.number(), number > 0,
                !scanner.isAtEnd || number <= HashlimitRate.largestBurst
            else {
                reader.error(
                    "a burst must be between 1 and \(HashlimitRate.largestBurst), or in bytes, as 512kb",
                    at: argument.range)
                return nil
            }
            let factor: UInt64 = scanner.take("k") ? 1 << 10 : scanner.take("m") ? 1 << 20 : 1
            let total = number &* factor
            switch written.unit {
            case .packets:
                guard total <= HashlimitRate.largestBurst else {
                    reader.error(
                        "a burst must be between 1 and \(HashlimitRate.largestBurst)", at: argument.range)
                    return nil
                }
                value = total
            case .bytes:
                let second = HashlimitRate.bytes(atCost: written.average)
                guard second > 0, total >= second else {
                    reader.error("a burst must hold a second's bytes, \(second)", at: argument.range)
                    return nil
                }
                // iptables reckons with 32 bits here.
                let whole = UInt64(UInt32(truncatingIfNeeded: total)) / second
                value = UInt64(UInt32(truncatingIfNeeded: total % second == 0 ? whole : whole + 1))
                isGivenInBytes = true
            }
        }
    }

    /// `get_factor`
    private static func factor(_ character: Character) -> UInt64 {
        switch character {
        case "m": 1 << 20
        case "k": 1 << 10
        default: 1
        }
    }

    /// `bytes_to_cost`; nil for none, or where iptables divides by 0.
    private static func cost(ofBytes bytes: UInt64) -> UInt64? {
        let pieces = UInt32(truncatingIfNeeded: bytes >> byteShift) &+ 1
        return pieces == 0 ? nil : UInt64(UInt32.max / pieces)
    }

    /// `cost_to_bytes`
    private static func bytes(atCost cost: UInt64) -> UInt64 {
        let pieces = cost == 0 ? UInt64(UInt32.max) : UInt64(UInt32.max) / cost
        return (pieces &- 1) << byteShift
    }

    // MARK: Printing

    /// `print_rate`, `print_bytes`
    var saved: String {
        switch unit {
        case .packets: return "\(printed.number)/\(printed.unit.shortName)"
        case .bytes:
            let bytes = HashlimitRate.bytes(atCost: average)
            let size = ByteSize.all.first { size in
                // The mask has 32 bits in iptables.
                let cut = bytes & (UInt64(UInt32.max) - (size.bytes - 1))
                return bytes >= size.bytes && HashlimitRate.cost(ofBytes: cut) == average
            }
            let printed = size ?? ByteSize.one
            return "\(bytes / printed.bytes)\(printed.name)b/s"
        }
    }

    /// Nil if it isn't printed.
    var savedBurst: String? {
        guard unit == .bytes else { return "\(burst)" }
        guard burst > 0 else { return nil }
        let bytes = HashlimitRate.bytes(atCost: average) &* burst
        let size = ByteSize.all.first { bytes >= $0.bytes } ?? ByteSize.one
        return "\(bytes / size.bytes)\(size.name)b"
    }

    /// The expiry in milliseconds that isn't printed.
    var savedExpiry: UInt32 {
        guard unit == .bytes else { return printed.unit.seconds * 1000 }
        return burst > 0 ? HashlimitRate.burstExpiry : HashlimitRate.byteExpiry
    }

    private var printed: (number: UInt64, unit: RateUnit) {
        RateUnit.printed(period: average, scale: HashlimitRate.scale)
    }

    private struct ByteSize {
        let name: String
        let bytes: UInt64

        static let one = ByteSize(name: "", bytes: 1)
        static let all = [ByteSize(name: "m", bytes: 1 << 20), ByteSize(name: "k", bytes: 1 << 10)]
    }
}
