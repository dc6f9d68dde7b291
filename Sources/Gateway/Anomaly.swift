/// What a protocol's own rules forbid, or a gateway can't carry: the fixed names of reasons, which the policy's
/// `anomalies` takes too.
public struct Anomaly: RawRepresentable, Hashable, Sendable {
    public let rawValue: String

    /// - Parameter rawValue: nil unless it is a known name: one of `fixed`, `not-PROTOCOL` or `limit:NAME`.
    public init?(rawValue: String) {
        guard Anomaly.all.contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    private init(known: String) { rawValue = known }

    public static let unlisted = Anomaly(known: "unlisted")
    public static let noHandshake = Anomaly(known: "no-handshake")
    public static let headerTime = Anomaly(known: "header-time")
    public static let idleTime = Anomaly(known: "idle-time")
    public static let conflictingFraming = Anomaly(known: "conflicting-framing")
    public static let duplicateHeader = Anomaly(known: "duplicate-header")
    public static let badChunk = Anomaly(known: "bad-chunk")
    public static let obsFold = Anomaly(known: "obs-fold")
    public static let bareLF = Anomaly(known: "bare-lf")
    public static let bareCR = Anomaly(known: "bare-cr")
    public static let nulByte = Anomaly(known: "nul-byte")
    public static let spaceBeforeColon = Anomaly(known: "space-before-colon")
    public static let twoHosts = Anomaly(known: "two-hosts")
    public static let noHost = Anomaly(known: "no-host")
    public static let hostTargetMismatch = Anomaly(known: "host-target-mismatch")
    public static let hostSNIMismatch = Anomaly(known: "host-sni-mismatch")
    public static let pathTraversal = Anomaly(known: "path-traversal")
    public static let upgradeRefused = Anomaly(known: "upgrade-refused")
    public static let earlyTalker = Anomaly(known: "early-talker")
    public static let tcpOverlapConflict = Anomaly(known: "tcp-overlap-conflict")
    public static let tcpGap = Anomaly(known: "tcp-gap")
    public static let dnsMalformed = Anomaly(known: "dns-malformed")
    public static let dnsRebinding = Anomaly(known: "dns-rebinding")
    public static let dnsTunnel = Anomaly(known: "dns-tunnel")
    public static let magicTypeMismatch = Anomaly(known: "magic-type-mismatch")

    /// The bytes aren't the listener's protocol: `not-http`.
    public static func not(_ name: GatewayProtocol) -> Anomaly { Anomaly(known: "not-\(name.rawValue)") }

    /// A limit of the policy is exceeded: `limit:header-bytes`.
    public static func limit(_ limit: GatewayLimits.Name) -> Anomaly {
        Anomaly(known: "limit:\(limit.rawValue)")
    }

    private static let fixed: [Anomaly] = [
        unlisted, noHandshake, headerTime, idleTime, conflictingFraming, duplicateHeader, badChunk, obsFold,
        bareLF, bareCR, nulByte, spaceBeforeColon, twoHosts, noHost, hostTargetMismatch, hostSNIMismatch,
        pathTraversal, upgradeRefused, earlyTalker, tcpOverlapConflict, tcpGap, dnsMalformed, dnsRebinding,
        dnsTunnel, magicTypeMismatch,
    ]

    /// Every known name, for suggestions.
    public static let all: [String] =
        fixed.map(\.rawValue) + GatewayProtocol.allCases.map { not($0).rawValue }
        + GatewayLimits.Name.allCases.map { limit($0).rawValue }
}
