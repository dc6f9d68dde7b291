import Gateway
import Packets

/// How many sessions the gateway carries at a time, in all and by client.
struct GatewayLoad: Sendable {
    private var count = 0
    private var byClient: [IPAddress: Int] = [:]

    /// The policy's limit that one session more would exceed.
    func exceeded(by client: IPAddress, _ policy: GatewayPolicy) -> Anomaly? {
        let counts: [(GatewayLimits.Name, Int)] = [
            (.sessions, count), (.sessionsPerClient, byClient[client] ?? 0),
        ]
        return counts.first { name, count in
            Int64(count) >= policy.limits[name] && !policy.allowedAnomalies.contains(.limit(name))
        }.map { .limit($0.0) }
    }

    mutating func begin(_ client: IPAddress) {
        count += 1
        byClient[client, default: 0] += 1
    }

    mutating func end(_ client: IPAddress) {
        count -= 1
        byClient[client]! -= 1
        if byClient[client] == 0 { byClient[client] = nil }
    }
}
