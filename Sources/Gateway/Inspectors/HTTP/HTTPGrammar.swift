/// Classes of bytes (RFC 9110, 5.6).
enum HTTPGrammar {
    static let sp = UInt8(ascii: " ")
    static let tab = UInt8(ascii: "\t")
    static let cr = UInt8(ascii: "\r")
    static let lf = UInt8(ascii: "\n")
    static let colon = UInt8(ascii: ":")

    static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    static func isAlpha(_ byte: UInt8) -> Bool {
        lowercase(byte) >= UInt8(ascii: "a") && lowercase(byte) <= UInt8(ascii: "z")
    }

    /// `tchar`.
    static func isToken(_ byte: UInt8) -> Bool {
        isAlpha(byte) || isDigit(byte) || tokenMarks.contains(byte)
    }

    private static let tokenMarks = Array("!#$%&'*+-.^_`|~".utf8)

    static func isBlank(_ byte: UInt8) -> Bool { byte == sp || byte == tab }

    /// What no field value or request target may hold; the blanks are judged elsewhere.
    static func isControl(_ byte: UInt8) -> Bool { (byte < 0x20 && byte != tab) || byte == 0x7f }

    static func lowercase(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    static func lowercase(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.map(lowercase), as: UTF8.self)
    }

    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    static func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return bytes
    }
}

/// Why a message isn't taken.
struct HTTPViolation: Error {
    var anomaly: Anomaly
    /// What the client is answered, if it is the request's fault.
    var status = 400
}

/// How strictly messages are read: which anomalies are mended instead of refused, and which were.
struct HTTPStrictness: Sendable {
    let tolerated: Set<Anomaly>
    let limits: GatewayLimits
    private var met: [Anomaly] = []
    /// How often something was mended.
    private(set) var mendCount = 0

    init(_ policy: GatewayPolicy) {
        tolerated = policy.allowedAnomalies
        limits = policy.limits
    }

    /// For records of what is refused anyway.
    static var lenient: HTTPStrictness {
        var policy = GatewayPolicy()
        policy.allowedAnomalies = [.pathTraversal]
        return HTTPStrictness(policy)
    }

    /// Goes on if the policy allows the anomaly.
    ///
    /// - Parameter mends: whether what goes on differs from what came, then.
    mutating func meet(_ anomaly: Anomaly, status: Int = 400, mends: Bool = true) throws(HTTPViolation) {
        guard tolerated.contains(anomaly) else { throw HTTPViolation(anomaly: anomaly, status: status) }
        if !met.contains(anomaly) { met.append(anomaly) }
        if mends { mendCount += 1 }
    }

    mutating func check(
        _ count: Int, _ limit: GatewayLimits.Name, status: Int
    ) throws(HTTPViolation) {
        if count > Int(clamping: limits[limit]) { try meet(.limit(limit), status: status, mends: false) }
    }

    /// The anomalies that were let through since the last time.
    mutating func takeMet() -> [Anomaly] {
        defer { met = [] }
        return met
    }
}
