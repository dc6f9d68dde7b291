public import Packets

/// What a gateway takes, and what it lets through: the meaning of a policy file.
public struct GatewayPolicy: Sendable {
    public var settings = GatewaySettings()
    /// The first that takes a session's destination decides its protocol.
    public var listeners: [Listener] = []
    /// Sessions that no listener takes.
    public var unlisted = UnlistedAction.deny
    public var limits = GatewayLimits()
    /// The first that matches decides; see `decide`.
    public var rules: [PolicyRule] = []
    /// For a session or request that no rule matches.
    public var defaultAction = PolicyAction.deny
    /// Anomalies that are let through all the same.
    public var allowedAnomalies: Set<Anomaly> = []

    public init() {}

    public enum UnlistedAction: String, Sendable, CaseIterable { case deny, pass }
}

public struct GatewaySettings: Sendable {
    /// Where the server side comes from, at most one of each family; none keeps the client's (`transparent`).
    public var addresses: [IPAddress] = []
    public var open = Opening.onRequest
    public var detection = Detection.strict
    /// Of initial sequence numbers.
    public var seed: UInt64 = 1

    public init() {}

    /// When the server side is opened. A protocol whose server speaks first opens it at once in any case.
    public enum Opening: String, Sendable, CaseIterable {
        case onRequest = "on-request"
        case onConnect = "on-connect"
    }

    public enum Detection: String, Sendable, CaseIterable {
        /// Bytes that aren't the listener's protocol are denied.
        case strict
        /// The protocol is recognised by its first bytes.
        case auto
    }
}

/// Which sessions a gateway takes, by destination, and what they must speak.
public struct Listener: Sendable {
    public var protocolName: GatewayProtocol
    public var transports: Set<SessionTransport>
    /// Sorted and disjoint; empty for a listener with a `listen` address of its own.
    public var ports: [ClosedRange<UInt16>] = []
    /// The servers whose sessions it takes; empty for all.
    public var servers: [IPPrefix] = []
    /// Live only: where it listens.
    public var listen: Endpoint?
    public var mode = Mode.transparent

    public enum Mode: Hashable, Sendable {
        /// To where the client wanted.
        case transparent
        /// To the host that each request names: absolute-form and CONNECT.
        case explicit
        /// To one server, whatever the client wanted.
        case fixed(Endpoint)
    }

    public init(_ protocolName: GatewayProtocol, transports: Set<SessionTransport> = [.tcp]) {
        self.protocolName = protocolName
        self.transports = transports
    }

    public func takes(_ server: Endpoint, _ transport: SessionTransport) -> Bool {
        transports.contains(transport) && ports.contains { $0.contains(server.port) }
            && (servers.isEmpty || servers.contains { $0.contains(server.address) })
    }
}

/// What a session may use at most. Bytes, counts, and times in nanoseconds.
public struct GatewayLimits: Sendable {
    /// The raw values are the policy's words.
    public enum Name: String, Sendable, CaseIterable {
        case headerBytes = "header-bytes"
        case headerCount = "header-count"
        case urlBytes = "url-bytes"
        case bodyBytes = "body-bytes"
        case lineBytes = "line-bytes"
        case headerTime = "header-time"
        case idleTime = "idle-time"
        case sessions = "sessions"
        case sessionsPerClient = "sessions-per-client"
        case bufferBytes = "buffer-bytes"
    }

    private var values: [Name: Int64] = [
        .headerBytes: 16_384, .headerCount: 100, .urlBytes: 8_192, .bodyBytes: 104_857_600, .lineBytes: 8_192,
        .headerTime: 10_000_000_000, .idleTime: 300_000_000_000, .sessions: 10_000, .sessionsPerClient: 200,
        .bufferBytes: 65_536,
    ]

    public init() {}

    public subscript(name: Name) -> Int64 {
        get { values[name]! }
        set { values[name] = newValue }
    }
}
