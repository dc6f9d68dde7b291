import Conntrack
import Engine
import Packets
public import Replay

/// The words that formats share for what became of a packet.
extension PacketResult {
    /// `ACCEPT`, `DROP`, `REJECT`, `ROUTED-AWAY`, `STOLEN`, `EGRESS-COPY`, `NOT-IP`, `MALFORMED`.
    var verdictName: String {
        switch outcome {
        case .traversed(let traversal): traversal.verdict.rawValue
        case .egressCopy: "EGRESS-COPY"
        case .notIP: "NOT-IP"
        case .malformed: "MALFORMED"
        }
    }

    /// Why, where no rule says it.
    var reason: String? {
        switch outcome {
        case .traversed(let traversal):
            traversal.routedAwayReason?.rawValue ?? traversal.fragmentFault?.rawValue
                ?? traversal.silentDrop?.rawValue ?? traversal.invalidReason.map { "invalid: \($0.rawValue)" }
        case .egressCopy: nil
        case .notIP(let content): content.rawValue
        case .malformed(let malformation): malformation.rawValue
        }
    }

    var traversal: TraversalResult? {
        if case .traversed(let traversal) = outcome { traversal } else { nil }
    }

    /// Whether `packet` holds a packet.
    public var isPacket: Bool {
        switch outcome {
        case .traversed, .egressCopy: true
        case .notIP, .malformed: false
        }
    }
}

extension TraversalResult {
    /// What the capture lacks for the answer to be exact.
    func missing(in packet: Packet) -> [StaticString] {
        var missing: [StaticString] = []
        if packet.flags.contains(.cutByCapture) { missing.append("whole-packet") }
        switch translationCertainty {
        case .exact: break
        case .drawn: missing.append("nat-port")
        case .unknown: missing.append("nat-address")
        }
        if isByChance { missing.append("chance") }
        if isRouteUncertain { missing.append("route") }
        return missing
    }
}

extension PacketPath {
    /// Those that a packet on the path passes, if nothing ends it.
    var hooks: [Hook] {
        switch self {
        case .input: [.prerouting, .input]
        case .forward: [.prerouting, .forward, .postrouting]
        case .output: [.output, .postrouting]
        }
    }
}

extension Timestamp {
    /// Seconds since 1970 with nine digits behind the point.
    func appendSeconds(to buffer: inout [UInt8]) {
        var seconds = nanoseconds / 1_000_000_000
        var rest = nanoseconds % 1_000_000_000
        if rest < 0 {
            rest += 1_000_000_000
            seconds -= 1
        }
        buffer.append(number: seconds)
        buffer.append(UInt8(ascii: "."))
        var scale: Int64 = 100_000_000
        while scale > 0 {
            buffer.append(UInt8(ascii: "0") + UInt8(rest / scale % 10))
            scale /= 10
        }
    }

    /// `2026-11-24 04:10:11 UTC`, by the proleptic Gregorian calendar.
    var calendarText: String {
        func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((-a + b - 1) / b) }
        let seconds = floorDivide(nanoseconds, 1_000_000_000)
        let days = floorDivide(seconds, 86_400)
        let time = seconds - days * 86_400
        // Days are counted in eras of 400 years that begin on 1 March, so that leap days come last.
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(month < 10 ? month + 3 : month - 9))-\(two(day)) "
            + "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) UTC"
    }
}
