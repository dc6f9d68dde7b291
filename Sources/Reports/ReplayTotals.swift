import Conntrack
import Engine
import Packets
import Replay

/// A line of the totals: what became of how many frames.
struct VerdictRow {
    /// `ACCEPT` … `MALFORMED`, as `PacketResult.verdictName`.
    var name: String
    var frames: UInt64
    /// Nil for frames that met no rules.
    var bytes: UInt64?
    /// How many of them couldn't have happened.
    var impossible: UInt64 = 0
    /// Why, and how many each.
    var remark = ""
}

/// The figures that the table and the page show alike.
extension ReplaySummary {
    /// ACCEPT and DROP always, others if there are any.
    var verdictRows: [VerdictRow] {
        var rows: [VerdictRow] = []
        for verdict in PacketVerdict.allCases {
            let total = total(verdict)
            var remark = ""
            if verdict == .routedAway {
                remark = ReplaySummary.list(routedAway.map { ($0.key.rawValue, $0.value) })
            }
            if verdict == .reject, unansweredRejects > 0 {
                remark = "\(unansweredRejects) of them can't be answered"
            }
            if verdict == .stolen {
                let faults = ReplaySummary.list(fragmentFaults.map { ($0.key.rawValue, $0.value) })
                remark = "fragments" + (faults.isEmpty ? "" : "; " + faults)
            }
            if verdict == .drop {
                remark = ReplaySummary.list(silentDrops.map { ($0.key.rawValue, $0.value) })
            }
            guard total.packets > 0 || verdict == .accept || verdict == .drop else { continue }
            rows.append(
                VerdictRow(
                    name: verdict.rawValue, frames: total.packets, bytes: total.bytes,
                    impossible: impossible(verdict).packets, remark: remark))
        }
        func add(_ name: String, _ count: UInt64, _ remark: String) {
            if count > 0 { rows.append(VerdictRow(name: name, frames: count, bytes: nil, remark: remark)) }
        }
        add("EGRESS-COPY", egressCopies, "on their way out, not counted again")
        add(
            "NOT-IP", notIP.values.reduce(0, +), ReplaySummary.list(notIP.map { ($0.key.rawValue, $0.value) })
        )
        add(
            "MALFORMED", malformed.values.reduce(0, +),
            ReplaySummary.list(malformed.map { ($0.key.rawValue, $0.value) }))
        return rows
    }

    /// The host's own answers by name, and by what OUTPUT did with them.
    var answerRows: [(kind: Answer, total: Total)] {
        answers.sorted {
            ($0.key.name, $0.key.verdict.rawValue) < ($1.key.name, $1.key.verdict.rawValue)
        }.map { (kind: $0.key, total: $0.value) }
    }

    /// `5.2 s from 2026-11-24 04:19:07 UTC`; nil without frames.
    var spanText: String? {
        guard let first, let last else { return nil }
        // The distance of two Int64 fits into an UInt64.
        let tenths = UInt64(bitPattern: last.nanoseconds &- first.nanoseconds) / 100_000_000
        return "\(tenths / 10).\(tenths % 10) s from \(first.calendarText)"
    }

    /// The packets that met rules and were not accepted.
    var droppedPackets: UInt64 {
        PacketVerdict.allCases.filter { $0 != .accept && $0 != .stolen }.reduce(0) { $0 + total($1).packets }
    }

    /// The largest first, names in order among equals.
    static func list(_ counts: [(String, UInt64)]) -> String {
        counts.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
            .map { "\($0.0) \($0.1.grouped)" }.joined(separator: ", ")
    }
}
