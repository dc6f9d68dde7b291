public import Packets

/// What became of a session or a request. The raw values are stable names for output.
public enum SessionVerdict: String, Hashable, Sendable, CaseIterable {
    case allow = "ALLOW"
    /// Let through, changed.
    case modified = "MODIFIED"
    /// Relayed uninspected, by rule.
    case pass = "PASS"
    /// Not carried: no handshake, no listener and the like.
    case unproxied = "UNPROXIED"
    /// Refused with a reply in the protocol.
    case deny = "DENY"
    case reset = "RESET"

    /// Whether the server got what the client sent.
    public var letsThrough: Bool { self == .allow || self == .modified || self == .pass }

    /// Of a session, its worst request's verdict holds: the order of the cases, the last being the worst.
    public func worse(_ other: SessionVerdict) -> SessionVerdict {
        let order = SessionVerdict.allCases
        return order.firstIndex(of: self)! >= order.firstIndex(of: other)! ? self : other
    }
}

/// One request of a session: an HTTP exchange, a TLS or SSH hello, a DNS query.
public struct RequestRecord: Sendable {
    /// In the order of output; the names are those of the policy's fields.
    public var fields: [(name: PolicyField, value: RecordValue)] = []
    public var verdict = SessionVerdict.allow
    public var rule: String?
    public var reason: String?
    /// `Moment.packet` when the verdict fell.
    public var decidedAtPacket: UInt64?

    public init() {}
}

public enum RecordValue: Hashable, Sendable {
    case text(String)
    case number(Int64)
    case list([String])
}

/// One session as results show it.
public struct SessionRecord: Sendable {
    public var client: Endpoint
    public var server: Endpoint
    public var transport: SessionTransport
    /// Nil where none was told: an unlisted session.
    public var protocolName: GatewayProtocol?
    public var start: Timestamp
    public var end: Timestamp
    public var verdict = SessionVerdict.allow
    /// Of a gateway that only watches: what the verdict would have been.
    public var shadow: SessionVerdict?
    /// Nil where the default or an anomaly decided.
    public var rule: String?
    public var reason: String?
    /// At most `requestLimit`; the first ones.
    public var requests: [RequestRecord] = []
    /// All of them.
    public var requestCount: UInt64 = 0
    /// Payload from the client, and from the server.
    public var clientBytes: UInt64 = 0
    public var serverBytes: UInt64 = 0
    /// Bytes of the denied request that had reached the server when it was denied.
    public var leakedBytes: UInt64 = 0
    /// `Moment.packet` when the verdict fell.
    public var decidedAtPacket: UInt64?
    /// In the order of their first appearance, each once.
    public var anomalies: [Anomaly] = []

    public static let requestLimit = 1000

    public init(client: Endpoint, server: Endpoint, transport: SessionTransport, start: Timestamp) {
        self.client = client
        self.server = server
        self.transport = transport
        self.start = start
        end = start
    }
}
