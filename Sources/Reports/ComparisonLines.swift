import Engine
import Gateway
import Packets
public import Replay

/// Sessions as filter and gateway judge them, one line of JSON each.
public struct ComparisonLines: Sendable {
    private let book: RuleBook

    public init(_ book: RuleBook) { self.book = book }

    /// - Parameter buffer: gets no newline.
    public func appendJSON(_ comparison: SessionComparison, to buffer: inout [UInt8]) {
        let record = comparison.session.record
        buffer.append("{\"session\":")
        buffer.append(number: comparison.session.number)
        for (key, text) in [
            ("client", record.client.description), ("server", record.server.description),
            ("transport", record.transport.rawValue),
        ] {
            buffer.append(",")
            buffer.append(jsonString: key)
            buffer.append(":")
            buffer.append(jsonString: text)
        }
        buffer.append(",\"protocol\":")
        if let name = record.protocolName {
            buffer.append(jsonString: name.rawValue)
        } else {
            buffer.append("null")
        }
        buffer.append(",\"stateless\":{\"verdict\":")
        buffer.append(jsonString: comparison.stateless.verdict.rawValue)
        buffer.append("},\"filter\":{\"verdict\":")
        append(comparison.filter, to: &buffer)
        buffer.append("},\"gateway\":{\"verdict\":")
        append(gateway: record, to: &buffer)
        buffer.append("},\"agree\":")
        buffer.append(text: comparison.class == .same ? "true" : "false")
        buffer.append(",\"class\":")
        buffer.append(jsonString: comparison.class.rawValue)
        buffer.append("}")
    }

    private func append(_ tally: FilterTally, to buffer: inout [UInt8]) {
        buffer.append(jsonString: tally.verdict.rawValue)
        if let rule = tally.rule {
            buffer.append(",\"rule\":{")
            buffer.append(place: book.location(of: rule, tally.family))
            buffer.append("}")
        }
        buffer.append(",\"packets\":{\"accepted\":")
        buffer.append(number: tally.accepted)
        buffer.append(",\"dropped\":")
        buffer.append(number: tally.dropped)
        buffer.append("}")
        if let packet = tally.decidedAtPacket {
            buffer.append(",\"decided_at_packet\":")
            buffer.append(number: packet)
        }
        buffer.append(",\"leaked_bytes\":")
        buffer.append(number: tally.leakedBytes)
    }

    private func append(gateway record: SessionRecord, to buffer: inout [UInt8]) {
        buffer.append(jsonString: record.verdict.rawValue)
        if let rule = record.rule {
            buffer.append(",\"rule\":")
            buffer.append(jsonString: rule)
        }
        if let reason = record.reason {
            buffer.append(",\"reason\":")
            buffer.append(jsonString: reason)
        }
        if let packet = record.decidedAtPacket, packet > 0 {
            buffer.append(",\"decided_at_packet\":")
            buffer.append(number: packet)
        }
        buffer.append(",\"leaked_bytes\":")
        buffer.append(number: record.leakedBytes)
    }

    /// `{"frames":…,"sessions":…,"same":…,"blind-spot":…,…,"outside":{"icmp":{…}}}`: packets of no session are in
    /// `outside`, with what the filter did with them.
    /// - Parameter buffer: gets no newline.
    public func appendJSON(
        _ summary: SessionSummary, _ totals: ComparisonTotals, to buffer: inout [UInt8]
    ) {
        buffer.append("{\"frames\":")
        buffer.append(number: summary.frames)
        buffer.append(",\"in_sessions\":")
        buffer.append(number: summary.inSessions)
        buffer.append(",\"sessions\":")
        buffer.append(number: summary.sessions)
        for kind in SessionComparison.Class.allCases {
            buffer.append(",")
            buffer.append(jsonString: kind.rawValue)
            buffer.append(":")
            buffer.append(number: totals.count(kind))
        }
        buffer.append(",\"outside\":{")
        for (index, (reason, outside)) in totals.outside.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { buffer.append(",") }
            buffer.append(jsonString: reason)
            buffer.append(":{\"packets\":")
            buffer.append(number: outside.packets)
            buffer.append(",\"accepted\":")
            buffer.append(number: outside.accepted)
            buffer.append(",\"dropped\":")
            buffer.append(number: outside.dropped)
            buffer.append("}")
        }
        buffer.append("}}")
    }
}
