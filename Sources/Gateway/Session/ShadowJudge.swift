internal import Packets

/// A gateway that only watches: the session that judges, beside the one that lets everything through.
///
/// It sees the same events, and a server that is opened at once; what it commands isn't done.
struct ShadowJudge: Sendable {
    private var session: GatewaySession
    private var record: SessionRecord?
    /// Whose bytes it would have stopped, and how many came all the same.
    private var unwanted: [Peer: Int] = [:]
    private let mostUnwanted: Int

    /// - Parameter mostUnwanted: how many bytes it keeps that it would have had the peer keep; then it gives up.
    init(_ session: GatewaySession, mostUnwanted: Int) {
        self.session = session
        self.mostUnwanted = mostUnwanted
    }

    var deadline: Timestamp? { session.deadline }

    /// - Returns: the requests that are done with.
    mutating func watch(_ event: SessionEvent, at moment: Moment) -> [RequestRecord] {
        switch event {
        // It has a server of its own imagination, which takes all there is.
        case .serverOpened, .writable: return []
        case .data(let peer, let bytes):
            if let count = unwanted[peer] {
                unwanted[peer] = count + bytes.count
                if count + bytes.count > mostUnwanted { return take(session.end(at: moment), at: moment) }
            }
        default: break
        }
        return take(session.receive(event, at: moment), at: moment)
    }

    /// What it says of the session, once that is over.
    mutating func end(at moment: Moment) -> (requests: [RequestRecord], record: SessionRecord) {
        let requests = take(session.end(at: moment), at: moment)
        // A session that has ended has its record.
        return (requests, record!)
    }

    private mutating func take(_ commands: [SessionCommand], at moment: Moment) -> [RequestRecord] {
        var requests: [RequestRecord] = []
        for command in commands {
            switch command {
            case .openServer: requests += take(session.receive(.serverOpened, at: moment), at: moment)
            case .request(let request): requests.append(request)
            case .pauseReading(let peer): unwanted[peer] = 0
            case .resumeReading(let peer): unwanted[peer] = nil
            case .finished(let record): self.record = record
            default: break
            }
        }
        return requests
    }

    /// The policy of the session that acts: nothing is refused.
    static func permissive(_ policy: GatewayPolicy) -> GatewayPolicy {
        var policy = policy
        policy.rules = []
        policy.defaultAction = .allow
        policy.unlisted = .pass
        policy.allowedAnomalies = Set(Anomaly.all.compactMap { Anomaly(rawValue: $0) })
        return policy
    }
}
