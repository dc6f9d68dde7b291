/// SSH: reads both sides' identification (RFC 4253, 4.2), then relays.
struct SSHInspector: ProtocolInspector {
    static let protocolName = GatewayProtocol.ssh
    static let serverSpeaksFirst = true

    private var client = Banner(mayHavePreface: false)
    private var server = Banner(mayHavePreface: true)
    private var request: RequestID?
    /// Whether the policy has let the client's identification go to the server.
    private var isAllowed = false
    /// The client's bytes that wait for that.
    private var held: [UInt8] = []

    static func recognises(_ bytes: [UInt8]) -> Recognition {
        let start = Array("SSH-".utf8)
        guard start.starts(with: bytes.prefix(start.count)) else { return .no }
        return bytes.count < start.count ? .undecided : .yes
    }

    mutating func open(_ context: inout SessionContext) { context.awaitHead() }

    mutating func receive(_ bytes: [UInt8], from peer: Peer, _ context: inout SessionContext) {
        let wasKnown = peer == .client ? client.isComplete : server.isComplete
        let isGood =
            peer == .client
            ? client.read(bytes) : server.read(bytes, limit: context.limit(.headerBytes))
        guard isGood else {
            _ = context.forbids(.not(.ssh))
            return context.deny(Refusal(.deny(reply: disconnection("not-ssh")), for: .not(.ssh)), request)
        }
        if peer == .client { held += bytes }
        let isNew = !wasKnown && (peer == .client ? client.isComplete : server.isComplete)
        if isNew, client.isComplete {
            guard judge(&context) else { return }
        }
        if peer == .server { context.send(.client, bytes) }
        if isAllowed, !held.isEmpty {
            context.send(.server, held, of: request, clientBytes: held.count)
            held = []
        }
        if isAllowed, server.isComplete { context.relay(as: request) }
    }

    mutating func close(_ peer: Peer, _ context: inout SessionContext) {
        if isAllowed { context.relay(as: request) }
        context.close(peer.other)
        if !isAllowed { context.hangUp() }
    }

    func heldBytes(from peer: Peer) -> Int { peer == .client ? held.count : 0 }

    /// Asks the policy what it says of the identifications that are known: the client's, and perhaps the server's.
    private mutating func judge(_ context: inout SessionContext) -> Bool {
        context.headDeadline = nil
        let id = request ?? context.begin()
        if request == nil {
            let banner = client
            context.update(id) {
                $0.fields = [(.version, .text(banner.version)), (.software, .text(banner.software))]
            }
        }
        request = id
        let known = [client, server].filter(\.isComplete)
        var facts = context.facts()
        facts[.version] = known.map { .text($0.version) }
        facts[.software] = known.map { .text($0.software) }
        let decision = context.decide(facts)
        let reply = disconnection(decision.rule ?? "default")
        isAllowed = context.apply(decision, to: id) { _ in reply }
        return isAllowed
    }

    /// Before the server's identification a line of text may stand; behind it, `SSH_MSG_DISCONNECT` (RFC 4253, 4.2
    /// and 11.1) says it.
    private func disconnection(_ cause: String) -> [UInt8] {
        let text = Array("Denied by the gateway: \(cause)".utf8)
        guard server.isComplete else { return text + [13, 10] }
        // SSH_DISCONNECT_HOST_NOT_ALLOWED_TO_CONNECT, a description, no language.
        let payload: [UInt8] = [1, 0, 0, 0, 1] + SSHInspector.number(text.count) + text + [0, 0, 0, 0]
        // RFC 4253, 6: length, padding's length, payload and padding are a multiple of 8, the padding is at least 4.
        let padding = 4 + (8 - (5 + payload.count + 4) % 8) % 8
        return SSHInspector.number(1 + payload.count + padding) + [UInt8(padding)] + payload
            + [UInt8](repeating: 0, count: padding)
    }

    private static func number(_ value: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }
}

/// `SSH-protoversion-softwareversion SP comments CR LF`; the LF alone ends it, too.
private struct Banner: Sendable {
    private(set) var version = ""
    private(set) var software = ""
    private(set) var isComplete = false
    /// Whether other lines may stand before it: a server's.
    private let mayHavePreface: Bool
    private var line: [UInt8] = []
    private var length = 0

    /// With CR and LF.
    private static let longest = 255
    private static let start = Array("SSH-".utf8)

    init(mayHavePreface: Bool) { self.mayHavePreface = mayHavePreface }

    /// - Parameter limit: of the bytes with the lines before it.
    /// - Returns: whether it still can be one.
    mutating func read(_ bytes: [UInt8], limit: Int = Banner.longest) -> Bool {
        for byte in bytes {
            if isComplete { return true }
            length += 1
            line.append(byte)
            let isBanner = Banner.start.starts(with: line.prefix(Banner.start.count))
            guard length <= max(limit, Banner.longest),
                isBanner ? line.count <= Banner.longest : mayHavePreface
            else {
                return false
            }
            guard byte == 10 else { continue }
            if isBanner {
                guard take() else { return false }
                isComplete = true
            }
            line = []
        }
        return true
    }

    private mutating func take() -> Bool {
        var text = line.dropLast()
        if text.last == 13 { text.removeLast() }
        guard text.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) else { return false }
        let parts = text.dropFirst(Banner.start.count).split(
            separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { return false }
        let name = parts[1].prefix { $0 != 0x20 }
        guard !name.isEmpty else { return false }
        version = String(decoding: parts[0], as: UTF8.self)
        software = String(decoding: name, as: UTF8.self)
        return true
    }
}
