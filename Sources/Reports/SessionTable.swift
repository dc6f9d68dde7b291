import Diagnostics
import Gateway
public import Packets
public import Replay

/// What a person wants to know after sessions went through the gateway: totals, what was denied and why, what was
/// asked for. Lines stay within 100 columns.
public struct SessionTable {
    private static let requestRows = 20
    private static let lineWidth = 100

    private let summary: SessionSummary
    private let totals: SessionTotals
    private let captures: [String]
    private let policy: String
    private let first: Timestamp?
    private let last: Timestamp?
    private let notes: [String]

    /// - Parameters:
    ///   - captures: the captures' names.
    ///   - policy: the policy's name.
    ///   - notes: what was left out, a sentence each.
    public init(
        _ summary: SessionSummary, _ totals: SessionTotals, captures: [String], policy: String,
        first: Timestamp?, last: Timestamp?, notes: [String]
    ) {
        self.summary = summary
        self.totals = totals
        self.captures = captures
        self.policy = policy
        self.first = first
        self.last = last
        self.notes = notes
    }

    public func text() -> String {
        var lines = [headline, ""]
        lines += frames()
        lines += [""] + sessions()
        lines += denied()
        lines += requests()
        if !totals.anomalies.isEmpty {
            lines += ["", "Anomalies", "  " + counts(totals.anomalies.map { ($0.key, $0.value) })]
        }
        if !notes.isEmpty { lines += ["", "Notes"] + notes.map { "  - " + SafeText.line($0) } }
        return lines.joined(separator: "\n") + "\n"
    }

    private var headline: String {
        let names = captures.map(SafeText.line).joined(separator: ", ")
        var text =
            "\(summary.frames.grouped) frame\(summary.frames == 1 ? "" : "s") of \(names) "
            + "through \(SafeText.line(policy))"
        if let first, let last {
            let tenths = (last.nanoseconds &- first.nanoseconds) / 100_000_000
            text += ", \(tenths / 10).\(tenths % 10) s from \(first.calendarText)"
        }
        return text
    }

    // MARK: Totals

    private func frames() -> [String] {
        var table = TextTable([.left, .right, .right, .left])
        table.add(["", "packets", "share", ""])
        func add(_ name: String, _ count: UInt64, _ remark: String = "") {
            guard count > 0 || name == "in sessions" else { return }
            table.add([name, count.grouped, count.share(of: summary.frames), remark])
        }
        add("in sessions", summary.inSessions)
        add("not IP", summary.notIP)
        add("malformed", summary.malformed)
        add("other", summary.otherTotal, counts(summary.other.map { ($0.key, $0.value) }))
        return ["Frames"] + table.lines()
    }

    private func sessions() -> [String] {
        let verdicts = SessionVerdict.allCases.filter { totals.all.byVerdict[$0] != nil }
        var table = TextTable(
            [.left, .right] + verdicts.map { _ in .right } + [.right, .right, .right])
        table.add(
            ["", "sessions"] + verdicts.map(\.rawValue) + ["client bytes", "server bytes", "leaked bytes"])
        func add(_ name: String, _ count: SessionTotals.Count) {
            table.add(
                [name, count.sessions.grouped]
                    + verdicts.map { count.byVerdict[$0].map(\.grouped) ?? "-" }
                    + [count.clientBytes.grouped, count.serverBytes.grouped, count.leakedBytes.grouped])
        }
        for (name, count) in totals.protocols.sorted(by: { $0.key < $1.key }) { add(name, count) }
        if totals.protocols.count != 1 { add("total", totals.all) }
        return ["Sessions"] + table.lines()
    }

    /// The largest first, names in order among equals.
    private func counts(_ counts: [(String, UInt64)]) -> String {
        counts.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
            .map { "\(SafeText.line($0.0)) \($0.1.grouped)" }.joined(separator: ", ")
    }

    // MARK: Denied sessions

    private func denied() -> [String] {
        guard !totals.denied.isEmpty else { return [] }
        var table = TextTable([.right, .right, .left, .right, .left])
        table.add(["session", "packet", "verdict", "leaked", ""])
        var causes: [String] = []
        for session in totals.denied {
            let record = session.record
            let name = record.protocolName?.rawValue ?? record.transport.rawValue
            table.add([
                String(session.number), record.decidedAtPacket.map(String.init) ?? "",
                record.verdict.rawValue, record.leakedBytes.grouped,
                "\(name) \(record.client) > \(record.server)",
            ])
            let cause = record.rule.map { "rule " + SafeText.line($0) } ?? record.reason ?? "default"
            let words = record.requests.first?.words ?? ""
            causes.append(words.isEmpty ? cause : "\(cause): \(words)")
        }
        let rows = table.lines()
        var lines = ["", "Denied", rows[0]]
        for (row, cause) in zip(rows.dropFirst(), causes) {
            lines += [row, String(repeating: " ", count: 19) + cause].map {
                $0.shortened(to: SessionTable.lineWidth)
            }
        }
        let others = summary.denied - UInt64(totals.denied.count)
        if others > 0 { lines.append("  and \(others.grouped) others") }
        return lines
    }

    // MARK: Requests

    private func requests() -> [String] {
        let most = totals.requests.sorted { precedes($0, $1) }
        guard !most.isEmpty else { return [] }
        var table = TextTable([.right, .left, .left, .left, .left])
        table.add(["", "", "", "verdict", "by"])
        for (kind, count) in most.prefix(SessionTable.requestRows) {
            table.add([
                count.grouped, kind.protocolName, kind.words.shortened(to: 48), kind.verdict.rawValue,
                SafeText.line(kind.cause),
            ])
        }
        var lines = ["", "Requests"]
        lines += table.lines().map { $0.shortened(to: SessionTable.lineWidth) }
        let others =
            totals.otherRequests + most.dropFirst(SessionTable.requestRows).reduce(0) { $0 + $1.value }
        if others > 0 { lines.append("  and \(others.grouped) others") }
        return lines
    }

    /// What is asked for most comes first, then by name, so that every run lists the same.
    private func precedes(
        _ a: (key: SessionTotals.RequestKind, value: UInt64),
        _ b: (key: SessionTotals.RequestKind, value: UInt64)
    ) -> Bool {
        if a.value != b.value { return a.value > b.value }
        return (a.key.protocolName, a.key.words, a.key.verdict.rawValue, a.key.cause)
            < (b.key.protocolName, b.key.words, b.key.verdict.rawValue, b.key.cause)
    }
}

extension String {
    /// At most so many characters, the last being an ellipsis if some are left out.
    func shortened(to width: Int) -> String {
        count <= width ? self : prefix(width - 1) + "…"
    }
}
