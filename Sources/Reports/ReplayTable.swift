import Conntrack
import Diagnostics
import Engine
import Packets
public import Replay
public import RuleModel

/// What a person wants to know after a replay: totals, each rule's hits in the file's own words, what nothing hit,
/// which flows were dropped, and what was assumed.
public struct ReplayTable {
    /// How many dropped flows are listed.
    private static let flowCount = 10
    /// A rule set with more rules is listed without those that nothing hit.
    private static let fullListing = 200

    private let summary: ReplaySummary
    private let book: RuleBook
    private let captures: [String]
    private let notes: [String]

    /// - Parameters:
    ///   - captures: the captures' names.
    ///   - notes: what was inferred or left out, a sentence each.
    public init(_ summary: ReplaySummary, _ book: RuleBook, captures: [String], notes: [String]) {
        self.summary = summary
        self.book = book
        self.captures = captures
        self.notes = notes
    }

    /// - Parameters:
    ///   - ipv4: counters by `RuleID.index`, as `MatchEngine` keeps them.
    public func text(ipv4: [RuleCounters], ipv6: [RuleCounters]) -> String {
        var lines = [headline, ""]
        lines += verdicts()
        for (rules, counters) in [(book.ipv4, ipv4), (book.ipv6, ipv6)] {
            if let rules { lines += [""] + listing(rules, counters) }
        }
        lines += drops()
        if !notes.isEmpty { lines += ["", "Notes"] + notes.map { "  - " + SafeText.line($0) } }
        return lines.joined(separator: "\n") + "\n"
    }

    private var headline: String {
        let names = captures.map(SafeText.line).joined(separator: ", ")
        var text = "\(summary.frames.grouped) frame\(summary.frames == 1 ? "" : "s") of \(names)"
        if let first = summary.first, let last = summary.last {
            let tenths = (last.nanoseconds &- first.nanoseconds) / 100_000_000
            text += ", \(tenths / 10).\(tenths % 10) s from \(first.calendarText)"
        }
        return text
    }

    // MARK: Verdicts

    private func verdicts() -> [String] {
        var table = TextTable([.left, .right, .right, .right, .left])
        table.add(["", "packets", "share", "bytes", ""])
        for verdict in PacketVerdict.allCases {
            let total = summary.verdicts[verdict] ?? ReplaySummary.Total()
            var remark = ""
            if verdict == .routedAway {
                remark = counts(summary.routedAway.map { ($0.key.rawValue, $0.value) })
            }
            if verdict == .reject, summary.unansweredRejects > 0 {
                remark = "\(summary.unansweredRejects) of them can't be answered"
            }
            if verdict == .drop, !summary.silentDrops.isEmpty {
                remark = counts(summary.silentDrops.map { ($0.key.rawValue, $0.value) })
            }
            guard total.packets > 0 || verdict == .accept || verdict == .drop else { continue }
            table.add([
                verdict.rawValue, total.packets.grouped, total.packets.share(of: summary.frames),
                total.bytes.grouped,
                remark,
            ])
        }
        func add(_ name: String, _ count: UInt64, _ remark: String) {
            guard count > 0 else { return }
            table.add([name, count.grouped, count.share(of: summary.frames), "", remark])
        }
        add("EGRESS-COPY", summary.egressCopies, "on their way out, not counted again")
        add(
            "NOT-IP", summary.notIP.values.reduce(0, +),
            counts(summary.notIP.map { ($0.key.rawValue, $0.value) }))
        add(
            "MALFORMED", summary.malformed.values.reduce(0, +),
            counts(summary.malformed.map { ($0.key.rawValue, $0.value) }))
        return ["Verdicts"] + table.lines()
    }

    /// The largest first, names in order among equals.
    private func counts(_ counts: [(String, UInt64)]) -> String {
        counts.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
            .map { "\($0.0) \($0.1.grouped)" }.joined(separator: ", ")
    }

    // MARK: Rules

    private func listing(_ rules: CompiledRules, _ counters: [RuleCounters]) -> [String] {
        let ruleSet = rules.ruleSet
        let total = summary.families[ruleSet.family]?.packets ?? 0
        let family = ruleSet.family == .ipv4 ? "IPv4" : "IPv6"
        var lines = [
            "\(family) rules of \(SafeText.line(ruleSet.file.name)); share of \(total.grouped) \(family) packets"
        ]
        let places = ruleSet.places(counters)
        let isLong = places.count > ReplayTable.fullListing
        var table = TextTable([.right, .right, .right, .left])
        table.add(["packets", "bytes", "share", ""])
        for place in places where !isLong || place.counters.packets > 0 || place.isHeading {
            if place.isHeading {
                table.add(heading: place.text)
                continue
            }
            let packets = place.counters.packets
            table.add([
                packets == 0 ? "-" : packets.grouped, packets == 0 ? "" : place.counters.bytes.grouped,
                packets == 0 ? "" : packets.share(of: total), place.text,
            ])
        }
        lines += table.lines()
        let unhit = places.filter { !$0.isHeading && !$0.isPolicy && $0.counters.packets == 0 }.map(\.line)
        let count = places.count { !$0.isHeading && !$0.isPolicy }
        if !unhit.isEmpty {
            lines.append(
                "  Nothing hit \(unhit.count) of \(count) rules: \(unhit.count == 1 ? "line" : "lines") "
                    + ranges(unhit))
        }
        return lines
    }

    /// `3, 7-9, 12`; at most twenty ranges.
    private func ranges(_ numbers: [Int]) -> String {
        var ranges: [ClosedRange<Int>] = []
        for number in numbers.sorted() {
            if let last = ranges.last, number <= last.upperBound + 1 {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        let shown = ranges.prefix(20).map {
            $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
        }
        return shown.joined(separator: ", ") + (ranges.count > 20 ? " …" : "")
    }

    // MARK: Dropped flows

    private func drops() -> [String] {
        let flows = summary.droppedFlows.map { (total: $0.value, text: words($0.key), cause: cause($0.key)) }
            .sorted {
                $0.total.packets != $1.total.packets
                    ? $0.total.packets > $1.total.packets : ($0.text, $0.cause) < ($1.text, $1.cause)
            }
        guard !flows.isEmpty else { return [] }
        var table = TextTable([.right, .left, .left])
        for flow in flows.prefix(ReplayTable.flowCount) {
            table.add([flow.total.packets.grouped, flow.text, flow.cause])
        }
        var lines = ["", "Dropped most"] + table.lines()
        let others =
            flows.dropFirst(ReplayTable.flowCount).reduce(0) { $0 + $1.total.packets } + summary.otherDropped
        if others > 0 {
            let count = flows.count - ReplayTable.flowCount
            lines.append("  and \(others.grouped) packets of \(UInt64(max(count, 0)).grouped) other flows")
        }
        return lines
    }

    private func words(_ flow: ReplaySummary.DroppedFlow) -> String {
        let source = IPAddress(family: flow.family, bits: flow.source)
        let destination = IPAddress(family: flow.family, bits: flow.destination)
        let end =
            flow.destinationPort == 0
            ? "\(destination)"
            : flow.family == .ipv4
                ? "\(destination):\(flow.destinationPort)" : "[\(destination)]:\(flow.destinationPort)"
        return "\(flow.transportProtocol) \(source) > \(end)"
    }

    private func cause(_ flow: ReplaySummary.DroppedFlow) -> String {
        var text = flow.verdict.rawValue
        if let reason = flow.routedAwayReason { text += " \(reason.rawValue)" }
        guard let rule = flow.rule else { return text }
        let place = book.location(of: rule, flow.family)
        text += " by \(SafeText.line(place.words))"
        if let line = place.line { text += " (line \(line))" }
        return text
    }
}
