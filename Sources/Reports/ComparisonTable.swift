import Diagnostics
import Engine
import Gateway
import Packets
public import Replay
import RuleModel

/// Filter and gateway side by side, for a person: how often they agree, where they don't, the worst first. Lines
/// stay within 100 columns.
public struct ComparisonTable {
    private static let rows = 40
    private static let lineWidth = 100

    private let summary: SessionSummary
    private let totals: ComparisonTotals
    private let book: RuleBook
    private let captures: [String]
    private let policy: String
    private let notes: [String]

    /// - Parameters:
    ///   - captures: the captures' names.
    ///   - policy: the gateway policy's name.
    ///   - notes: what was inferred or left out, a sentence each.
    public init(
        _ summary: SessionSummary, _ totals: ComparisonTotals, _ book: RuleBook, captures: [String],
        policy: String, notes: [String]
    ) {
        self.summary = summary
        self.totals = totals
        self.book = book
        self.captures = captures
        self.policy = policy
        self.notes = notes
    }

    public func text() -> String {
        let rules = [book.ipv4, book.ipv6].compactMap { $0?.ruleSet.file.name }.map(SafeText.line)
        var lines = [
            "\(summary.frames.grouped) frames of \(captures.map(SafeText.line).joined(separator: ", "))",
            "filter: \(rules.joined(separator: ", ")); gateway: \(SafeText.line(policy))", "",
        ]
        lines += classes() + verdicts() + outside() + differences()
        if !notes.isEmpty { lines += ["", "Notes"] + notes.map { "  - " + SafeText.line($0) } }
        return lines.joined(separator: "\n") + "\n"
    }

    private func classes() -> [String] {
        var table = TextTable([.left, .right, .right, .left])
        table.add(["", "sessions", "share", ""])
        for kind in SessionComparison.Class.allCases {
            let count = totals.count(kind)
            table.add([kind.rawValue, count.grouped, count.share(of: summary.sessions), kind.words])
        }
        return ["Sessions"] + table.lines()
    }

    private func verdicts() -> [String] {
        guard !totals.verdicts.isEmpty else { return [] }
        var table = TextTable([.left, .left, .left, .right, .left])
        table.add(["stateless", "filter", "gateway", "sessions", ""])
        let order = SessionComparison.Class.allCases
        let rows = totals.verdicts.sorted { a, b in
            let ranks = (order.firstIndex(of: a.key.class)!, order.firstIndex(of: b.key.class)!)
            if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
            if a.value != b.value { return a.value > b.value }
            return a.key.names < b.key.names
        }
        for (verdicts, count) in rows {
            table.add([
                verdicts.stateless.rawValue, verdicts.filter.rawValue, verdicts.gateway.rawValue,
                count.grouped, verdicts.class.rawValue,
            ])
        }
        return ["", "Verdicts"] + table.lines()
    }

    private func outside() -> [String] {
        guard !totals.outside.isEmpty else { return [] }
        var table = TextTable([.left, .right, .right, .right])
        table.add(["", "packets", "accepted", "dropped"])
        for (reason, count) in totals.outside.sorted(by: { $0.key < $1.key }) {
            table.add([
                SafeText.line(reason), count.packets.grouped, count.accepted.grouped, count.dropped.grouped,
            ])
        }
        return ["", "In no session: the filter judges them, the gateway doesn't carry them"] + table.lines()
    }

    // MARK: Differences

    private func differences() -> [String] {
        let worst = totals.worstFirst
        guard !worst.isEmpty else { return [] }
        var lines = ["", "Differences, the worst first"]
        for difference in worst.prefix(ComparisonTable.rows) {
            let session = difference.session
            let name = session.record.protocolName?.rawValue ?? session.record.transport.rawValue
            lines += [
                "  \(difference.class.rawValue): session \(session.number), \(name) \(session.record.client) > "
                    + "\(session.record.server)",
                "      filter   " + words(difference.filter),
                "      gateway  " + words(session.record),
            ].map { $0.shortened(to: ComparisonTable.lineWidth) }
        }
        let count = SessionComparison.Class.allCases.filter { $0 != .same }.reduce(0) {
            $0 + totals.count($1)
        }
        let others = count - UInt64(min(worst.count, ComparisonTable.rows))
        if others > 0 { lines.append("  and \(others.grouped) others") }
        return lines
    }

    private func words(_ tally: FilterTally) -> String {
        var text = tally.verdict.rawValue
        if let rule = tally.rule {
            let place = book.location(of: rule, tally.family)
            text += " by \(SafeText.line(place.words))"
            if let line = place.line { text += " (line \(line))" }
        }
        if let packet = tally.decidedAtPacket { text += " at packet \(packet)" }
        text += ", \(tally.accepted.grouped) of \((tally.accepted + tally.dropped).grouped) packets accepted"
        return text + (tally.leakedBytes > 0 ? ", \(tally.leakedBytes.grouped) bytes leaked" : "")
    }

    private func words(_ record: SessionRecord) -> String {
        var text = record.verdict.rawValue
        if let rule = record.rule {
            text += " by rule \(SafeText.line(rule))"
        } else {
            text += " " + (record.reason ?? "by default")
        }
        if let packet = record.decidedAtPacket { text += " at packet \(packet)" }
        return text + (record.leakedBytes > 0 ? ", \(record.leakedBytes.grouped) bytes leaked" : "")
    }
}

extension SessionComparison.Class {
    fileprivate var words: String {
        switch self {
        case .blindSpot: "the filter lets it through, the gateway refuses it"
        case .gatewayGap: "the filter lets it through, the gateway doesn't carry it"
        case .stricterFilter: "the filter refuses it, the gateway lets it through"
        case .same: ""
        }
    }
}

extension ComparisonTotals.Verdicts {
    fileprivate var names: (String, String, String) {
        (stateless.rawValue, filter.rawValue, gateway.rawValue)
    }
}
