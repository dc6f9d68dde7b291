import Diagnostics
public import Gateway
import Packets

/// What a table says of a gateway's sessions. Memory is bounded, however many there are.
public struct SessionTotals: Sendable {
    struct Count: Sendable {
        var sessions: UInt64 = 0
        var byVerdict: [SessionVerdict: UInt64] = [:]
        var clientBytes: UInt64 = 0
        var serverBytes: UInt64 = 0
        var leakedBytes: UInt64 = 0
    }

    /// Requests that look alike in a table.
    struct RequestKind: Hashable, Sendable {
        var protocolName: String
        var words: String
        var verdict: SessionVerdict
        /// The rule's name, or the reason.
        var cause: String
    }

    static let deniedLimit = 50
    static let kindLimit = 10_000

    /// By protocol; "none" where there is none.
    private(set) var protocols: [String: Count] = [:]
    private(set) var all = Count()
    /// The first ones.
    private(set) var denied: [SessionResult] = []
    private(set) var requests: [RequestKind: UInt64] = [:]
    /// Requests of kinds beyond `kindLimit`, and of sessions whose record didn't keep them.
    private(set) var otherRequests: UInt64 = 0
    private(set) var anomalies: [String: UInt64] = [:]

    public init() {}

    public mutating func add(_ session: SessionResult) {
        let record = session.record
        let name = record.protocolName?.rawValue ?? "unlisted"
        protocols[name, default: Count()].add(record)
        all.add(record)
        let isDenied = record.verdict == .deny || record.verdict == .reset
        if isDenied, denied.count < SessionTotals.deniedLimit {
            denied.append(session)
            denied[denied.count - 1].record.requests = record.requests.filter { !$0.verdict.letsThrough }
        }
        for anomaly in record.anomalies { anomalies[anomaly.rawValue, default: 0] += 1 }
        otherRequests += record.requestCount - UInt64(record.requests.count)
        for request in record.requests {
            let kind = RequestKind(
                protocolName: name, words: request.words, verdict: request.verdict,
                cause: request.rule ?? request.reason ?? "")
            if requests[kind] != nil || requests.count < SessionTotals.kindLimit {
                requests[kind, default: 0] += 1
            } else {
                otherRequests += 1
            }
        }
    }
}

extension SessionTotals.Count {
    fileprivate mutating func add(_ record: SessionRecord) {
        sessions += 1
        byVerdict[record.verdict, default: 0] += 1
        clientBytes &+= record.clientBytes
        serverBytes &+= record.serverBytes
        leakedBytes &+= record.leakedBytes
    }
}

extension RequestRecord {
    /// What it asks for, in a line made safe: `GET www.example.com/a`, `A www.example.com`, `sni=…`.
    var words: String {
        var texts: [PolicyField: String] = [:]
        for (name, value) in fields {
            switch value {
            case .text(let text): texts[name] = SafeText.line(text)
            case .number(let number): texts[name] = String(number)
            case .list(let list): texts[name] = SafeText.line(list.joined(separator: ","))
            }
        }
        if let method = texts[.method] {
            return "\(method) \(texts[.host] ?? "")\(texts[.path] ?? "")"
        }
        if let type = texts[.type] { return "\(type) \(texts[.name] ?? "")" }
        return fields.map { "\($0.name.rawValue)=\(texts[$0.name] ?? "")" }.joined(separator: " ")
    }
}
