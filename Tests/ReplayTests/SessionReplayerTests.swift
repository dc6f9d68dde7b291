import Gateway
import Packets
import Testing

@testable import Replay

/// Captured connections as the stack of a gateway in their way sees them.
@Suite struct SessionReplayerTests {
    private func ordinary(translated client: Endpoint? = nil) -> Conversation {
        var talk = Conversation()
        talk.translatedClient = client
        talk.handshake()
        talk.send(.client, [.psh, .ack], 1, ack: 1, "hello")
        talk.send(.server, [.psh, .ack], 1, ack: 6, "goodbye")
        talk.send(.client, .ack, 6, ack: 8)
        talk.send(.client, [.fin, .ack], 6, ack: 8)
        talk.send(.server, [.fin, .ack], 8, ack: 7)
        talk.send(.client, .ack, 7, ack: 9)
        return talk
    }

    @Test func aConnectionBecomesTwo() throws {
        let outcome = ordinary().replayed()
        let session = try #require(outcome.sessions.first)
        #expect(outcome.sessions.count == 1)
        #expect(session.packets == 9)
        #expect(session.record.verdict == .allow)
        #expect(session.record.clientBytes == 5)
        #expect(session.record.serverBytes == 7)
        #expect(session.upstream?.source.address == .v4(0xc633_6401))
        for side in [outcome.client, outcome.server] {
            let again = Conversation.replay(side)
            #expect(again.sessions.count == 1)
            #expect(again.sessions.first?.record.clientBytes == 5)
            #expect(again.sessions.first?.record.serverBytes == 7)
            #expect(again.sessions.first?.record.anomalies == [])
            #expect(zip(side, side.dropFirst()).allSatisfy { $0.time <= $1.time })
        }
        let syn = try #require(outcome.server.first)
        #expect(Conversation.replay([syn]).sessions.first?.record.client == session.upstream?.source)
    }

    @Test func theSameFramesGiveTheSameBytes() {
        let (a, b) = (ordinary().replayed(), ordinary().replayed())
        #expect(a.client.map(\.bytes) == b.client.map(\.bytes))
        #expect(a.server.map(\.bytes) == b.server.map(\.bytes))
    }

    @Test func bothSidesOfARouterAreOneSession() {
        var frames: [(frame: Frame, bytes: [UInt8], capture: Int)] = []
        for (frame, bytes) in ordinary().frames {
            frames.append((frame, bytes, 0))
            var copy = frame
            copy.timestamp.nanoseconds += 20_000
            frames.append((copy, bytes, 1))
        }
        let outcome = Conversation.replay(frames, Conversation.relaying)
        #expect(outcome.sessions.count == 1)
        #expect(outcome.sessions.first?.packets == 18)
        #expect(outcome.sessions.first?.record.clientBytes == 5)
        #expect(outcome.summary.inSessions == 18)
    }

    /// Whole captures of both sides, and captures of what arrives on either.
    @Test(arguments: [false, true])
    func translationBetweenTheSidesOfARouter(arrivingOnly: Bool) {
        let inside = ordinary().frames
        let outside = ordinary(translated: Endpoint(.v4(0xcb00_7101), 61_000)).frames
        var frames: [(frame: Frame, bytes: [UInt8], capture: Int)] = []
        for (lan, wan) in zip(inside, outside) {
            let isClient = lan.bytes[11] == 1
            if isClient || !arrivingOnly { frames.append((lan.frame, lan.bytes, 0)) }
            if !isClient || !arrivingOnly { frames.append((wan.frame, wan.bytes, 1)) }
        }
        let outcome = Conversation.replay(frames, Conversation.relaying)
        #expect(outcome.sessions.map(\.packets) == [arrivingOnly ? 9 : 18])
        let record = outcome.sessions.first?.record
        #expect(record?.client == Conversation.client && record?.server == Conversation.server)
        #expect(record?.clientBytes == 5 && record?.serverBytes == 7 && record?.anomalies == [])
    }

    @Test func copiesOfDatagramsAreNoDatagrams() {
        var talk = Conversation()
        talk.send(datagram: "question", from: .client)
        talk.send(datagram: "question", from: .client)
        talk.send(datagram: "answer", from: .server)
        let frames = talk.frames.flatMap { frame, bytes in
            [(frame: frame, bytes: bytes, capture: 0), (frame: frame, bytes: bytes, capture: 1)]
        }
        let outcome = Conversation.replay(frames, Conversation.relaying)
        #expect(outcome.sessions.map(\.packets) == [6])
        #expect(outcome.sessions.first?.record.clientBytes == 16)
        #expect(outcome.sessions.first?.record.serverBytes == 6)
        #expect(outcome.server.count == 3)
    }

    private static let unproxied: [(name: String, make: @Sendable (inout Conversation) -> Void)] = [
        ("SYN alone", { $0.send(.client, .syn) }),
        (
            "refused",
            {
                $0.send(.client, .syn)
                $0.send(.server, [.rst, .ack], ack: 1)
            }
        ),
        (
            "half-open",
            {
                $0.send(.client, .syn)
                $0.send(.server, [.syn, .ack], ack: 1)
                $0.send(.client, .rst, 1)
            }
        ),
        (
            "mid-stream",
            {
                $0.send(.client, [.psh, .ack], 1, ack: 1, "GET /")
                $0.send(.server, [.psh, .ack], 1, ack: 6, "HTTP")
            }
        ),
        ("an answer to nothing", { $0.send(.server, [.syn, .ack], ack: 1) }),
        ("XMAS", { $0.send(.client, [.fin, .psh, .urg]) }),
        ("NULL", { $0.send(.client, []) }),
        (
            "one direction only",
            {
                $0.send(.client, .syn)
                $0.send(.client, .ack, 1, ack: 1)
                $0.send(.client, [.psh, .ack], 1, ack: 1, "GET /")
            }
        ),
        (
            "acknowledging another SYN",
            {
                $0.send(.client, .syn)
                $0.send(.server, [.syn, .ack], ack: 77)
                $0.send(.client, .ack, 1, ack: 1)
            }
        ),
    ]

    @Test(arguments: unproxied.indices)
    func withoutAHandshakeThereIsNoSession(index: Int) {
        var talk = Conversation()
        SessionReplayerTests.unproxied[index].make(&talk)
        let outcome = talk.replayed()
        #expect(
            outcome.sessions.map(\.record.verdict) == [.unproxied],
            "\(SessionReplayerTests.unproxied[index].name)")
        #expect(outcome.sessions.first?.record.reason == "no-handshake")
        #expect(outcome.sessions.first?.record.server == Conversation.server)
        #expect(outcome.client.isEmpty && outcome.server.isEmpty)
        #expect(outcome.summary.unproxied == 1)
    }

    /// Packets that a stack ignores don't move the session.
    @Test func decoysAreIgnored() {
        var talk = Conversation()
        talk.handshake()
        talk.send(.client, [.psh, .ack], 1, ack: 1, "wrong") { $0.transportChecksum = 1 }
        talk.send(.client, .rst, 20_000)
        talk.send(.client, .rst, 90)
        talk.send(.client, [.psh, .ack], 90_000, ack: 1, "beyond")
        talk.send(.server, [.rst, .ack], 50_000, ack: 1)
        talk.send(.client, .syn, 5000)
        talk.send(.client, [.psh, .ack, .urg], 1, ack: 1, "right")
        talk.send(.client, [.rst, .ack], 6, ack: 1)
        talk.send(.client, [.psh, .ack], 6, ack: 1, "too late")
        let outcome = talk.replayed()
        #expect(outcome.sessions.count == 1)
        #expect(outcome.sessions.first?.record.clientBytes == 5)
        #expect(outcome.sessions.first?.record.anomalies == [])
        #expect(outcome.sessions.first?.packets == 12)
    }

    @Test func lostAndConflictingBytesAreAnomalies() {
        var lost = Conversation()
        lost.handshake()
        lost.send(.client, [.psh, .ack], 4, ack: 1, "lo")
        lost.send(.server, .ack, 1, ack: 6)
        #expect(lost.replayed().sessions.first?.record.anomalies == [.tcpGap])
        // Within the grace, another capture may still show it.
        lost.send(.client, [.psh, .ack], 1, ack: 1, "hel")
        #expect(lost.replayed().sessions.first?.record.anomalies == [])

        var conflict = Conversation()
        conflict.handshake()
        conflict.send(.client, [.psh, .ack], 1, ack: 1, "GET /a")
        conflict.send(.client, [.psh, .ack], 1, ack: 1, "GET /b")
        #expect(conflict.replayed().sessions.first?.record.anomalies == [.tcpOverlapConflict])
    }

    @Test func endpointsMeetAgain() {
        var talk = ordinary()
        // TIME-WAIT, and a new connection.
        talk.send(.client, .syn, 100_000)
        talk.send(.server, [.syn, .ack], 500, ack: 100_001)
        talk.send(.client, .ack, 100_001, ack: 501)
        talk.send(.client, [.psh, .ack], 100_001, ack: 501, "again")
        // The client's host forgets it, and begins another one, which the server answers.
        talk.send(.client, .syn, 300_000)
        talk.send(.server, [.syn, .ack], 900, ack: 300_001)
        talk.send(.client, .ack, 300_001, ack: 901)
        talk.send(.client, [.psh, .ack], 300_001, ack: 901, "more")
        let outcome = talk.replayed()
        #expect(outcome.sessions.map(\.record.clientBytes) == [5, 5, 4])
        #expect(outcome.sessions.map(\.packets) == [9, 5, 3])
        #expect(outcome.summary.inSessions == 17)
    }

    @Test func aListedLimitRefusesSessions() {
        var policy = Conversation.relaying
        policy.limits[.sessionsPerClient] = 1
        var talk = Conversation()
        talk.handshake()
        talk.port = 8080
        talk.handshake()
        policy.listeners[0].ports = [1...65_535]
        let outcome = talk.replayed(policy)
        #expect(outcome.sessions.map(\.record.verdict) == [.allow, .reset])
        #expect(outcome.sessions.last?.record.reason == "limit:sessions-per-client")
    }

    /// Fragments of one segment, by their places in units of 8 bytes.
    private static let fragmented: [(name: String, places: [Int], bytes: UInt64)] = [
        ("in order", [0, 3, 4], 60), ("reversed", [4, 3, 0], 60), ("one of them twice", [0, 3, 3, 4], 60),
        ("one is missing", [0, 4], 0), ("overlapping", [0, 2, 3, 4], 0),
    ]

    @Test(arguments: fragmented.indices, [AddressFamily.ipv4, .ipv6])
    func fragmentsArePutTogether(index: Int, family: AddressFamily) {
        let example = SessionReplayerTests.fragmented[index]
        var talk = Conversation()
        talk.family = family
        talk.handshake()
        talk.send(.client, [.psh, .ack], 1, ack: 1, String(repeating: "0123456789", count: 6))
        let (frame, whole) = talk.frames.removeLast()
        let header = 14 + (family == .ipv4 ? 20 : 40)
        let segment = Array(whole[header...])
        for place in example.places {
            // Three lengths, so that the pieces at 0, 3 and 4 make the whole.
            let end = place == 0 ? 24 : place == 4 ? segment.count : 32
            let source = talk.endpoint(.client).address
            var packet = PacketBuilder(
                source: source, destination: talk.endpoint(.server).address,
                .other(.tcp, Array(segment[(place * 8)..<end])))
            packet.fragmentOffset = UInt16(place)
            packet.moreFragments = end < segment.count
            packet.identification = 77
            packet.ethernet = PacketBuilder.EthernetFrame(
                source: MACAddress(bits: 1), destination: MACAddress(bits: 3))
            talk.frames.append((frame, packet.bytes()))
        }
        let outcome = talk.replayed()
        #expect(outcome.sessions.first?.record.clientBytes == example.bytes, "\(example.name)")
        #expect(outcome.summary.frames == UInt64(3 + example.places.count))
        #expect(outcome.summary.inSessions + outcome.summary.otherTotal == outcome.summary.frames)
    }

    @Test func everyFrameIsCounted() {
        var talk = ordinary()
        talk.add([1, 2, 3])
        talk.add([UInt8](repeating: 0xff, count: 12) + [0x08, 0x06] + [UInt8](repeating: 0, count: 28))
        var echo = PacketBuilder(
            source: Conversation.client.address, destination: Conversation.server.address,
            .icmp(PacketBuilder.ICMPMessage(type: 8)))
        echo.ethernet = PacketBuilder.EthernetFrame(
            source: MACAddress(bits: 1), destination: MACAddress(bits: 3))
        talk.add(echo.bytes())
        echo.moreFragments = true
        talk.add(echo.bytes())
        talk.port = 4000
        talk.send(datagram: "nobody", from: .client)
        let summary = talk.replayed().summary
        #expect(summary.frames == 14)
        #expect(summary.inSessions == 9)
        #expect(summary.notIP == 1)
        #expect(summary.malformed == 1)
        #expect(summary.other == ["icmp": 1, "fragment": 1, "udp-no-listener": 1])
    }
}
