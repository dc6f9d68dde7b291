import Gateway
import Packets

/// A session of the table: what was captured of it, and the gateway's session once there is one.
struct CapturedSession: Sendable {
    let number: UInt64
    let key: SessionKey
    let transport: SessionTransport
    let client: Endpoint
    let server: Endpoint
    /// Nil if none takes it.
    let listener: Listener?
    let start: Moment
    /// Where its first packet was captured, and how that can be known again; nil if it began before the capture.
    let sighting: Sighting
    let fingerprint: TranslatedSessions.Fingerprint?
    /// The session behind a router that translates addresses.
    var translation: (key: SessionKey, client: Endpoint)?
    var last: Timestamp
    var packets: UInt64 = 0
    /// TCP only.
    var connection: CapturedConnection?
    /// UDP only.
    var copies = DatagramCopies()
    var peers: VirtualPeers?
    /// The gateway's session has been counted off.
    var isSettled = false
    /// The gateway would not carry it: its sessions are too many.
    var refusal: (anomaly: Anomaly, moment: Moment)?
    /// A SYN on a connection that stands, which opens another one if the server answers it.
    var successor: (segment: CapturedSegment, time: Timestamp)?
    /// What the first packet of each side shows.
    var clientStation: Station?
    var serverStation: Station?
    /// When the table's timer comes to look.
    var wakesAt = Timestamp(nanoseconds: .max)

    struct Station: Sendable {
        var mac: MACAddress?
        var hopLimit: UInt8
    }

    init(
        number: UInt64, _ key: SessionKey, _ transport: SessionTransport, client: Endpoint, server: Endpoint,
        listener: Listener?, _ sighting: Sighting, _ fingerprint: TranslatedSessions.Fingerprint?,
        at moment: Moment
    ) {
        self.number = number
        self.key = key
        self.transport = transport
        self.client = client
        self.server = server
        self.listener = listener
        self.sighting = sighting
        self.fingerprint = fingerprint
        start = moment
        last = moment.time
    }

    var keys: [SessionKey] { translation.map { [key, $0.key] } ?? [key] }

    /// Which side sent a packet of the session.
    func peer(of packet: Packet) -> Peer {
        let source = packet.sourceEndpoint
        if source == client { return .client }
        return source == translation?.client && source != server ? .client : .server
    }

    // MARK: Time

    private static let second: Int64 = 1_000_000_000
    /// A handshake has to be done by then.
    private static let handshakeTime = 60 * second
    /// What follows a close belongs to it for so long.
    private static let lingerTime = 60 * second
    private static let idleTime = 300 * second
    /// As connection tracking keeps a UDP flow.
    private static let datagramTime = 30 * second

    /// When the session is over if nothing more comes.
    private var expiry: Timestamp {
        guard let connection else { return last.advanced(by: CapturedSession.datagramTime) }
        switch connection.stage {
        case .asked, .answered: return last.advanced(by: CapturedSession.handshakeTime)
        case .over: return last.advanced(by: CapturedSession.lingerTime)
        case .open where peers?.isFinished == false: return Timestamp(nanoseconds: .max)
        case .open, .unopened: return last.advanced(by: CapturedSession.idleTime)
        }
    }

    var deadline: Timestamp {
        [expiry, peers?.deadline, connection?.lossDeadline].compactMap { $0 }.min()!
    }

    func isOver(at time: Timestamp) -> Bool {
        expiry <= time || (transport == .udp && peers?.isFinished == true)
    }

    // MARK: What the gateway learns

    func ends(_ stacks: (client: StackProfile, server: StackProfile)) -> VirtualPeers.Ends {
        VirtualPeers.Ends(
            client: client, server: server, transport: transport, clientStack: stacks.client,
            serverStack: stacks.server, clientRoundTrip: connection?.clientRoundTrip ?? 0,
            serverRoundTrip: connection?.serverRoundTrip ?? 0)
    }

    /// The peers' stacks as their packets show them.
    var stacks: (client: StackProfile, server: StackProfile) { (stack(of: .client), stack(of: .server)) }

    private func stack(of peer: Peer) -> StackProfile {
        let station = peer == .client ? clientStation : serverStation
        var profile = StackProfile(
            mac: station?.mac ?? MACAddress(bits: peer == .client ? 0x0200_0000_0001 : 0x0200_0000_0002),
            hopLimit: station?.hopLimit ?? 64)
        guard let greeting = connection?.greeting(of: peer) else { return profile }
        profile.initialSequence = greeting.sequence
        if let size = greeting.options?.maximumSegmentSize { profile.maximumSegment = size }
        profile.windowScale = greeting.options?.windowScale.map { min($0, 14) }
        profile.permitsSACK = greeting.options?.isSACKPermitted ?? false
        profile.sendsTimestamps = greeting.options?.timestamp != nil
        profile.window = UInt32(greeting.window)
        return profile
    }

    /// What results say of it.
    func result() -> SessionResult {
        var record: SessionRecord
        if let finished = peers?.record {
            record = finished
        } else {
            record = SessionRecord(client: client, server: server, transport: transport, start: start.time)
            record.protocolName = listener?.protocolName
            record.end = last
            if let refusal {
                record.verdict = transport == .tcp ? .reset : .deny
                record.reason = refusal.anomaly.rawValue
                record.anomalies = [refusal.anomaly]
                record.decidedAtPacket = refusal.moment.packet
            } else {
                record.verdict = .unproxied
                record.reason = Anomaly.noHandshake.rawValue
            }
        }
        return SessionResult(number: number, packets: packets, record: record, upstream: peers?.upstream)
    }
}
