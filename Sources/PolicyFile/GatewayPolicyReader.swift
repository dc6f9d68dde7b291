public import Diagnostics
public import Gateway
import Packets

/// Reads a gateway policy: YAML with the keys of `PolicyKeys`.
public struct GatewayPolicyReader {
    var collector: DiagnosticCollector

    public struct Result {
        /// Nil if there are errors.
        public let policy: GatewayPolicy?
        public let diagnostics: [Diagnostic]
    }

    private init(_ file: SourceFile) { collector = DiagnosticCollector(file: file) }

    public static func read(_ file: SourceFile) -> Result {
        var reader = GatewayPolicyReader(file)
        let policy = reader.policy()
        return Result(
            policy: reader.collector.errorCount == 0 ? policy : nil, diagnostics: reader.collector.diagnostics
        )
    }

    private mutating func policy() -> GatewayPolicy? {
        guard let root = YAMLDocument.read(&collector) else {
            if collector.errorCount == 0 {
                collector.error("the policy is empty: it needs listeners", at: SourceRange(0, 0))
            }
            return nil
        }
        guard let entries = entries(of: root, PolicyKeys.Top.self, "a policy") else { return nil }
        var policy = GatewayPolicy()
        for (key, entry) in entries {
            switch key {
            case .gateway: settings(entry, &policy)
            case .listeners: policy.listeners = listeners(entry)
            case .unlisted: policy.unlisted = word(entry) ?? policy.unlisted
            case .limits: limits(entry, &policy.limits)
            case .rules: policy.rules = rules(entry)
            case .default: policy.defaultAction = word(entry) ?? policy.defaultAction
            case .anomalies: anomalies(entry, &policy)
            }
        }
        if !entries.contains(where: { $0.key == .listeners }) {
            error("a policy needs listeners", root)
        } else if policy.listeners.isEmpty, collector.errorCount == 0 {
            error("a policy needs a listener at least", root)
        }
        return policy
    }

    private mutating func settings(_ node: YAMLNode, _ policy: inout GatewayPolicy) {
        for (key, value) in entries(of: node, PolicyKeys.Gateway.self, "gateway") ?? [] {
            switch key {
            case .address: policy.settings.addresses = gatewayAddresses(value)
            case .open: policy.settings.open = word(value) ?? policy.settings.open
            case .detect: policy.settings.detection = word(value) ?? policy.settings.detection
            case .seed:
                if let seed = number(value, in: 0...Int64.max, "a seed") {
                    policy.settings.seed = UInt64(seed)
                }
            }
        }
    }

    private mutating func gatewayAddresses(_ node: YAMLNode) -> [IPAddress] {
        if node.scalar == "transparent" { return [] }
        var addresses: [IPAddress] = []
        for item in listOrOne(node) {
            guard let address = address(item) else { continue }
            if addresses.contains(where: { $0.family == address.family }) {
                let family = address.family == .ipv4 ? "IPv4" : "IPv6"
                error("the gateway has one \(family) address at most", item)
            } else {
                addresses.append(address)
            }
        }
        return addresses
    }

    private mutating func limits(_ node: YAMLNode, _ limits: inout GatewayLimits) {
        for (name, value) in entries(of: node, GatewayLimits.Name.self, "limits") ?? [] {
            switch name {
            case .headerTime, .idleTime: if let time = duration(value) { limits[name] = time }
            case .headerBytes, .urlBytes, .bodyBytes, .lineBytes, .bufferBytes:
                if let size = size(value) { limits[name] = size }
            case .headerCount, .sessions, .sessionsPerClient:
                if let count = number(value, in: 1...1_000_000_000, "a count") { limits[name] = count }
            }
        }
    }

    private mutating func anomalies(_ node: YAMLNode, _ policy: inout GatewayPolicy) {
        for (key, value) in map(node, "anomalies") {
            guard let name = key.scalar, let anomaly = Anomaly(rawValue: name) else {
                if let name = key.scalar, FutureNames.anomalies.contains(name) {
                    error("the anomaly '\(name)' is not supported by this version", key)
                } else {
                    unknown("anomaly", key, Anomaly.all)
                }
                continue
            }
            let choice: AnomalyChoice? = word(value)
            if choice == .allow { policy.allowedAnomalies.insert(anomaly) }
        }
    }

    private enum AnomalyChoice: String, CaseIterable { case allow, deny }
}
