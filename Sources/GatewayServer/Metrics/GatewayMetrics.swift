import Gateway

/// The gateway's counters, and their text for Prometheus (exposition format 0.0.4).
struct GatewayMetrics {
    private var sessions: [SessionKey: UInt64] = [:]
    private var requests: [RequestKey: UInt64] = [:]
    private var bytes: [Peer: UInt64] = [:]
    private var failures: [ServerFailure: UInt64] = [:]

    private struct SessionKey: Hashable {
        var name: String
        var verdict: SessionVerdict
    }

    private struct RequestKey: Hashable {
        var name: String
        var verdict: SessionVerdict
        var rule: String
    }

    mutating func count(_ session: SessionRecord) {
        sessions[
            SessionKey(name: session.protocolName?.rawValue ?? "", verdict: session.verdict), default: 0] += 1
    }

    mutating func count(_ request: RequestRecord, of name: GatewayProtocol?) {
        let key = RequestKey(name: name?.rawValue ?? "", verdict: request.verdict, rule: request.rule ?? "")
        requests[key, default: 0] += 1
    }

    mutating func count(bytes count: Int, to peer: Peer) { bytes[peer, default: 0] += UInt64(count) }

    mutating func count(_ failure: ServerFailure) { failures[failure, default: 0] += 1 }

    func text(openSessions: Int) -> String {
        var text = ""
        func family(
            _ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: UInt64)]
        ) {
            text += "# HELP gatehouse_\(name) \(help)\n# TYPE gatehouse_\(name) \(type)\n"
            for sample in samples.sorted(by: { $0.labels < $1.labels }) {
                text += "gatehouse_\(name)\(sample.labels) \(sample.value)\n"
            }
        }
        family(
            "sessions_total", "counter", "Sessions that ended.",
            sessions.map { ("{protocol=\"\($0.name)\",verdict=\"\($0.verdict.rawValue)\"}", $1) })
        family(
            "requests_total", "counter", "Requests that are done with.",
            requests.map { key, count in
                let rule = GatewayMetrics.escaped(key.rule)
                return (
                    "{protocol=\"\(key.name)\",verdict=\"\(key.verdict.rawValue)\",rule=\"\(rule)\"}", count
                )
            })
        family("sessions_open", "gauge", "Sessions now.", [("", UInt64(openSessions))])
        family(
            "bytes_total", "counter", "Payload that was sent.",
            Peer.allCases.map { ("{direction=\"to-\($0.rawValue)\"}", bytes[$0] ?? 0) })
        family(
            "upstream_errors_total", "counter", "Connections to servers that failed.",
            ServerFailure.allCases.map { ("{kind=\"\($0.rawValue)\"}", failures[$0] ?? 0) })
        return text
    }

    /// A label's value.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
