import Gateway
import Packets
import TestSupport
import Testing

/// Whatever comes in whatever order: no crash, no command out of turn, bounded memory, an end.
@Suite struct HostileSessionTests {
    /// Watches the rules of the machine while events come.
    private struct Referee {
        var session: GatewaySession
        var isServerOpening = false
        var isServerOpen = false
        var isFinished = false
        var paused: Set<Peer> = []
        var closed: Set<Peer> = []
        var now = Moment(time: Timestamp(nanoseconds: 1_700_000_000_000_000_000))

        mutating func play(_ event: SessionEvent) {
            now.packet += 1
            check(session.receive(event, at: now))
        }

        mutating func check(_ commands: [SessionCommand]) {
            for command in commands {
                #expect(!isFinished, "a command behind the end")
                switch command {
                case .openServer:
                    isServerOpening = true
                    isServerOpen = false
                    closed.remove(.server)
                case .send(let peer, _):
                    #expect(peer == .client || isServerOpen, "sent to a server that isn't open")
                    #expect(!closed.contains(peer), "sent behind a close")
                case .close(let peer), .reset(let peer): closed.insert(peer)
                case .pauseReading(let peer): #expect(paused.insert(peer).inserted)
                case .resumeReading(let peer): #expect(paused.remove(peer) != nil)
                case .request: break
                case .finished(let record):
                    isFinished = true
                    #expect(record.leakedBytes <= record.clientBytes)
                    #expect(record.requests.count <= SessionRecord.requestLimit)
                }
            }
        }
    }

    private func event(_ generator: inout SeededGenerator, _ data: (Peer, inout SeededGenerator) -> [UInt8])
        -> SessionEvent
    {
        switch Int.random(in: 0..<40, using: &generator) {
        case 0: .closed(.client)
        case 1: .closed(.server)
        case 2: .reset(.client)
        case 3: .reset(.server)
        case 4: .gap(Bool.random(using: &generator) ? .client : .server)
        case 5: .overlapConflict(.client)
        case 6: .serverFailed(.refused)
        case 7: .writable(.client, Bool.random(using: &generator))
        case 8: .writable(.server, Bool.random(using: &generator))
        case 9: .tick
        case 10: .opened
        case 11..<14: .serverOpened
        case let number:
            number < 32
                ? .data(.client, data(.client, &generator)) : .data(.server, data(.server, &generator))
        }
    }

    private func run(
        _ setup: TranscriptSetup, _ generator: inout SeededGenerator,
        _ data: (Peer, inout SeededGenerator) -> [UInt8]
    ) {
        var referee = Referee(
            session: GatewaySession(
                policy: setup.policy, listener: setup.listener, client: Endpoint(.v4(1), 1),
                server: Endpoint(.v4(2), 2), transport: setup.transport,
                at: Moment(time: Timestamp(nanoseconds: 0)), isShadow: setup.isShadow))
        referee.play(.opened)
        for _ in 0..<60 {
            if referee.isServerOpening, Int.random(in: 0..<4, using: &generator) != 0 {
                referee.isServerOpening = false
                referee.isServerOpen = true
                referee.play(.serverOpened)
            }
            let event = event(&generator, data)
            if case .serverOpened = event {
                guard referee.isServerOpening else { continue }
                referee.isServerOpening = false
                referee.isServerOpen = true
            }
            referee.now.time.nanoseconds += Int64.random(in: 0...(1 << 33), using: &generator)
            referee.play(event)
        }
        referee.check(referee.session.end(at: referee.now))
        #expect(referee.isFinished)
        #expect(referee.session.isFinished)
        referee.check(referee.session.end(at: referee.now))
    }

    private static func setups() throws -> [TranscriptSetup] {
        try transcriptNames().flatMap { try transcript($0).cases.map(\.setup) }
    }

    @Test func randomOctets() throws {
        var generator = SeededGenerator(seed: 1)
        for setup in try HostileSessionTests.setups() {
            for _ in 0..<10 {
                run(setup, &generator) { _, generator in
                    (0..<Int.random(in: 0..<50, using: &generator)).map { _ in
                        UInt8.random(in: 0...255, using: &generator)
                    }
                }
            }
        }
    }

    /// Pieces of the transcripts, with octets changed, left out and doubled.
    @Test func mutatedSessions() throws {
        var generator = SeededGenerator(seed: 2)
        for name in try transcriptNames() {
            let cases = try transcript(name).cases
            var pieces: [Peer: [[UInt8]]] = [.client: [[]], .server: [[]]]
            for step in cases.flatMap(\.steps) {
                if case .event(.data(let peer, let bytes)) = step.event.kind { pieces[peer]?.append(bytes) }
            }
            for test in cases {
                for _ in 0..<30 {
                    run(test.setup, &generator) { peer, generator in
                        var bytes = pieces[peer]!.randomElement(using: &generator)!
                        for _ in 0..<Int.random(in: 0..<3, using: &generator) where !bytes.isEmpty {
                            let place = Int.random(in: 0..<bytes.count, using: &generator)
                            switch Int.random(in: 0..<4, using: &generator) {
                            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                            case 1: bytes.remove(at: place)
                            case 2: bytes.insert(bytes[place], at: place)
                            default: bytes.removeSubrange(place...)
                            }
                        }
                        return bytes
                    }
                }
            }
        }
    }

    /// A client that sends on and on is told to stop before more than a little over the limit is kept.
    @Test(arguments: GatewayProtocol.allCases)
    func endlessBytesAreBounded(_ name: GatewayProtocol) {
        for octet: UInt8 in [0, UInt8(ascii: "\n"), UInt8(ascii: "G"), 0x16, UInt8(ascii: "S")] {
            var policy = GatewayPolicy()
            policy.defaultAction = .allow
            policy.limits[.bufferBytes] = 4096
            var session = GatewaySession(
                policy: policy, listener: Listener(name), client: Endpoint(.v4(1), 1),
                server: Endpoint(.v4(2), 2), transport: .tcp, at: Moment(time: Timestamp(nanoseconds: 0)))
            let now = Moment(time: Timestamp(nanoseconds: 1))
            var commands = session.receive(.opened, at: now)
            var sent = 0
            while sent < 1_000_000 {
                commands += session.receive(.data(.client, [UInt8](repeating: octet, count: 1000)), at: now)
                sent += 1000
                let isPaused = commands.contains {
                    if case .pauseReading(.client) = $0 { true } else { false }
                }
                let isOver = commands.contains { if case .close(.client) = $0 { true } else { false } }
                if isPaused || isOver { break }
            }
            #expect(sent < 40_000, "\(name): \(octet)")
        }
    }
}
