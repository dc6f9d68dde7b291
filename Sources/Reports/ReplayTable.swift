import Conntrack
import Diagnostics
import Engine
import Packets
public import Replay
import RuleModel

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

    public func text(ipv4: RuleCounts, ipv6: RuleCounts) -> String {
        var lines = [headline, ""]
        lines += verdicts() + answers()
        for (rules, counters) in [(book.ipv4, ipv4), (book.ipv6, ipv6)] {
            if let rules { lines += [""] + listing(rules, counters) }
        }
        lines += drops()
        if !notes.isEmpty { lines += ["", "Notes"] + notes.map { "  - " + SafeText.line($0) } }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Whether packets are counted once more without those that couldn't have happened.
    private var showsPossible: Bool { summary.impossiblePackets > 0 }

    private var headline: String {
        let names = captures.map(SafeText.line).joined(separator: ", ")
        var text = "\(summary.frames.grouped) frame\(summary.frames == 1 ? "" : "s") of \(names)"
        if let span = summary.spanText { text += ", \(span)" }
        return text
    }

    // MARK: Verdicts

    private func verdicts() -> [String] {
        let columns = showsPossible ? 1 : 0
        var table = TextTable(
            [.left, .right, .right, .right] + Array(repeating: .right, count: columns) + [.left])
        table.add(["", "packets", "share", "bytes"] + (showsPossible ? ["possible"] : []) + [""])
        for row in summary.verdictRows {
            var cells = [
                row.name, row.frames.grouped, row.frames.share(of: summary.frames), row.bytes?.grouped ?? "",
            ]
            if showsPossible { cells.append((row.frames - row.impossible).grouped) }
            table.add(cells + [row.remark])
        }
        return ["Verdicts"] + table.lines()
    }

    /// The host's own answers, and what became of them.
    private func answers() -> [String] {
        let rows = summary.answerRows
        guard !rows.isEmpty else { return [] }
        var table = TextTable([.left, .left, .right, .right])
        table.add(["", "", "packets", "bytes"])
        for row in rows {
            table.add([
                row.kind.name, row.kind.verdict.rawValue, row.total.packets.grouped, row.total.bytes.grouped,
            ])
        }
        return ["", "Answers that the host made, sent through OUTPUT"] + table.lines()
    }

    // MARK: Rules

    private func listing(_ rules: CompiledRules, _ counters: RuleCounts) -> [String] {
        let ruleSet = rules.ruleSet
        let total = summary.total(ruleSet.family).packets
        let family = ruleSet.family == .ipv4 ? "IPv4" : "IPv6"
        var lines = [
            "\(family) rules of \(SafeText.line(ruleSet.file.name)); share of \(total.grouped) \(family) packets"
        ]
        let places = ruleSet.places(counters)
        let isLong = places.count > ReplayTable.fullListing
        let columns = showsPossible ? 1 : 0
        var table = TextTable([.right, .right, .right] + Array(repeating: .right, count: columns) + [.left])
        table.add(["packets", "bytes", "share"] + (showsPossible ? ["possible"] : []) + [""])
        for place in places where !isLong || place.counters.packets > 0 || place.isHeading {
            if place.isHeading {
                table.add(heading: place.text)
                continue
            }
            let packets = place.counters.packets
            var cells = [
                packets == 0 ? "-" : packets.grouped, packets == 0 ? "" : place.counters.bytes.grouped,
                packets == 0 ? "" : packets.share(of: total),
            ]
            if showsPossible { cells.append(packets == 0 ? "" : place.possible.packets.grouped) }
            table.add(cells + [place.text])
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
        let most = summary.largestDroppedFlows.prefix(ReplayTable.flowCount)
        guard !most.isEmpty else { return [] }
        var table = TextTable([.right, .left, .left])
        for (flow, total) in most { table.add([total.packets.grouped, flow.words, cause(flow)]) }
        var lines = ["", "Dropped most"] + table.lines()
        let others = summary.droppedPackets - most.reduce(0) { $0 + $1.total.packets }
        if others > 0 {
            let isMore = summary.otherDropped > 0
            let count = UInt64(summary.droppedFlows.count - most.count)
            lines.append(
                "  and \(others.grouped) packets of \(isMore ? "over " : "")\(count.grouped) other flows")
        }
        return lines
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
