public import Gateway
import Packets
public import Replay

/// A gateway's sessions, as one line of JSON each: of a replayed capture, or in the log of a live gateway.
public struct SessionLines: Sendable {
    public init() {}

    public func appendJSON(_ session: SessionResult, to buffer: inout [UInt8]) {
        let record = session.record
        buffer.append("{\"session\":")
        buffer.append(number: session.number)
        append(key: ",\"client\":", record.client.description, to: &buffer)
        append(key: ",\"server\":", record.server.description, to: &buffer)
        append(key: ",\"transport\":", record.transport.rawValue, to: &buffer)
        if let name = record.protocolName {
            append(key: ",\"protocol\":", name.rawValue, to: &buffer)
        } else {
            buffer.append(",\"protocol\":null")
        }
        buffer.append(",\"start\":\"")
        record.start.appendSeconds(to: &buffer)
        buffer.append("\",\"end\":\"")
        record.end.appendSeconds(to: &buffer)
        buffer.append("\"")
        if let packets = session.packets {
            buffer.append(",\"packets\":")
            buffer.append(number: packets)
        }
        append(record.verdict, record.rule, record.reason, to: &buffer)
        if let shadow = record.shadow { append(key: ",\"shadow\":", shadow.rawValue, to: &buffer) }
        appendRequests(of: record, to: &buffer)
        append(key: ",\"client_bytes\":", record.clientBytes, to: &buffer)
        append(key: ",\"server_bytes\":", record.serverBytes, to: &buffer)
        append(key: ",\"leaked_bytes\":", record.leakedBytes, to: &buffer)
        if let packet = record.decidedAtPacket, packet > 0 {
            append(key: ",\"decided_at_packet\":", packet, to: &buffer)
        }
        buffer.append(",\"anomalies\":")
        buffer.append(jsonStrings: record.anomalies.map(\.rawValue))
        if let upstream = session.upstream { append(upstream, to: &buffer) }
        buffer.append("}\n")
    }

    /// The last line: what became of all frames.
    public func appendJSON(_ summary: SessionSummary, to buffer: inout [UInt8]) {
        append(key: "{\"summary\":{\"frames\":", summary.frames, to: &buffer)
        append(key: ",\"in_sessions\":", summary.inSessions, to: &buffer)
        append(key: ",\"not_ip\":", summary.notIP, to: &buffer)
        append(key: ",\"malformed\":", summary.malformed, to: &buffer)
        append(key: ",\"other\":", summary.otherTotal, to: &buffer)
        buffer.append(",\"reasons\":{")
        for (index, reason) in summary.other.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { buffer.append(",") }
            buffer.append(jsonString: reason.key)
            append(key: ":", reason.value, to: &buffer)
        }
        append(key: "},\"sessions\":", summary.sessions, to: &buffer)
        append(key: ",\"allowed\":", summary.allowed, to: &buffer)
        append(key: ",\"denied\":", summary.denied, to: &buffer)
        append(key: ",\"unproxied\":", summary.unproxied, to: &buffer)
        buffer.append("}}\n")
    }

    private func appendRequests(of record: SessionRecord, to buffer: inout [UInt8]) {
        buffer.append(",\"requests\":[")
        for (index, request) in record.requests.enumerated() {
            buffer.append(index == 0 ? "{" : ",{")
            for (name, value) in request.fields {
                buffer.append(jsonString: name.rawValue)
                buffer.append(":")
                switch value {
                case .text(let text): buffer.append(jsonString: text)
                case .number(let number): buffer.append(number: number)
                case .list(let texts): buffer.append(jsonStrings: texts)
                }
                buffer.append(",")
            }
            append(request.verdict, request.rule, request.reason, isFirst: true, to: &buffer)
            buffer.append("}")
        }
        buffer.append("]")
        // The record keeps the first ones only.
        if record.requestCount > UInt64(record.requests.count) {
            append(key: ",\"request_count\":", record.requestCount, to: &buffer)
        }
    }

    private func append(
        _ verdict: SessionVerdict, _ rule: String?, _ reason: String?, isFirst: Bool = false,
        to buffer: inout [UInt8]
    ) {
        append(key: isFirst ? "\"verdict\":" : ",\"verdict\":", verdict.rawValue, to: &buffer)
        if let rule { append(key: ",\"rule\":", rule, to: &buffer) }
        if let reason { append(key: ",\"reason\":", reason, to: &buffer) }
    }

    private func append(_ upstream: SessionResult.Upstream, to buffer: inout [UInt8]) {
        append(key: ",\"upstream\":{\"src\":", upstream.source.address.description, to: &buffer)
        append(key: ",\"sport\":", upstream.source.port, to: &buffer)
        if let sequence = upstream.initialSequence { append(key: ",\"isn\":", sequence, to: &buffer) }
        buffer.append("}")
    }

    private func append(key: StaticString, _ text: String, to buffer: inout [UInt8]) {
        buffer.append(key)
        buffer.append(jsonString: text)
    }

    private func append(key: StaticString, _ number: some BinaryInteger, to buffer: inout [UInt8]) {
        buffer.append(key)
        buffer.append(number: number)
    }
}

extension [UInt8] {
    mutating func append(jsonStrings texts: [String]) {
        append("[")
        for (index, text) in texts.enumerated() {
            if index > 0 { append(",") }
            append(jsonString: text)
        }
        append("]")
    }
}
