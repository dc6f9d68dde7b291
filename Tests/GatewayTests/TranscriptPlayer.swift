import Gateway
import Packets

/// Plays a case's events into a session and writes down what it commands.
struct TranscriptPlayer {
    private(set) var session: GatewaySession
    private let setup: TranscriptSetup
    private var now = Moment(time: Timestamp(nanoseconds: 1_700_000_000_000_000_000))
    /// The commands since the last call of `takeLines`, sends to the same peer joined.
    private var lines: [(peer: Peer?, bytes: [UInt8], text: String)] = []
    private(set) var record: SessionRecord?
    /// All that was sent.
    private(set) var sent: [Peer: [UInt8]] = [:]

    init(_ setup: TranscriptSetup) {
        self.setup = setup
        session = GatewaySession(
            policy: setup.policy, listener: setup.listener, client: Endpoint(.v4(0xc000_020a), 40000),
            server: Endpoint(.v4(0xc633_6450), 80), transport: setup.transport, at: now,
            isShadow: setup.isShadow)
    }

    mutating func play(_ event: TranscriptEvent) {
        switch event.kind {
        case .opened: play(.opened)
        case .end: write(session.end(at: now))
        case .wait(let seconds):
            now.time.nanoseconds += Int64(seconds * 1e9)
            play(.tick)
        case .event(let event): play(event)
        }
    }

    mutating func play(_ event: SessionEvent) {
        now.packet += 1
        write(session.receive(event, at: now))
    }

    mutating func takeLines() -> [String] {
        defer { lines = [] }
        return lines.map { line in
            line.peer.map { "\($0.rawValue) \(TranscriptText.quote(line.bytes))" } ?? line.text
        }
    }

    private mutating func write(_ commands: [SessionCommand]) {
        precondition(record == nil || commands.isEmpty, "a command behind the end")
        for command in commands {
            precondition(record == nil, "a command behind the end")
            if case .send(let peer, let bytes) = command {
                sent[peer, default: []] += bytes
                if setup.transport == .tcp, lines.last?.peer == peer {
                    lines[lines.count - 1].bytes += bytes
                } else {
                    lines.append((peer, bytes, ""))
                }
                continue
            }
            lines.append((nil, [], text(command)))
            if case .openServer = command, setup.opensAtOnce { play(.serverOpened) }
        }
    }

    private mutating func text(_ command: SessionCommand) -> String {
        switch command {
        case .send: return ""
        case .openServer(.endpoint(let endpoint)): return "open \(endpoint)"
        case .openServer(.name(let name, let port)): return "open \(name) \(port)"
        case .close(let peer): return "close \(peer.rawValue)"
        case .reset(let peer): return "reset \(peer.rawValue)"
        case .pauseReading(let peer): return "pause \(peer.rawValue)"
        case .resumeReading(let peer): return "resume \(peer.rawValue)"
        case .request(let request):
            var words = ["request", request.verdict.rawValue]
            if let rule = request.rule { words.append("rule=\(rule)") }
            if let reason = request.reason { words.append("reason=\(reason)") }
            for (name, value) in request.fields {
                switch value {
                case .text(let text): words.append("\(name.rawValue)=\(text)")
                case .number(let number): words.append("\(name.rawValue)=\(number)")
                case .list(let list): words.append("\(name.rawValue)=[\(list.joined(separator: ","))]")
                }
            }
            return words.joined(separator: " ")
        case .finished(let record):
            self.record = record
            var words = ["finished", record.verdict.rawValue]
            if let shadow = record.shadow { words.append("shadow=\(shadow.rawValue)") }
            if let rule = record.rule { words.append("rule=\(rule)") }
            if let reason = record.reason { words.append("reason=\(reason)") }
            words += ["requests=\(record.requestCount)", "client=\(record.clientBytes)"]
            words += ["server=\(record.serverBytes)", "leaked=\(record.leakedBytes)"]
            words.append("decided=\(record.decidedAtPacket.map { String($0) } ?? "-")")
            if !record.anomalies.isEmpty {
                words.append("anomalies=" + record.anomalies.map(\.rawValue).joined(separator: ","))
            }
            return words.joined(separator: " ")
        }
    }
}
