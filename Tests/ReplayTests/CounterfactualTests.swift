import Packets
import TestSupport
import Testing

/// Which packets of a capture couldn't have happened, and why. Each list is one entry a packet: the packet to blame.
@Suite struct CounterfactualTests {
    @Test func nothingFollowsASYNThatNeverCame() throws {
        var lab = try CounterfactualLaboratory()
        lab.handshake(.dropped)
        lab.ask([.ack, .psh], 100, ack: 500, "GET /")
        lab.answer([.ack], 500, ack: 105)
        lab.answer([.ack, .psh], 500, ack: 105, "200 OK")
        lab.ask([.fin, .ack], 105, ack: 506)
        lab.ask(.syn, 9000)
        #expect(lab.blames == [nil, 1, 1, 1, 1, 1, 1, nil])
    }

    @Test func aSecondSYNHeals() throws {
        var lab = try CounterfactualLaboratory()
        lab.ask(.syn, 99, "", .dropped)
        lab.handshake()
        lab.ask([.ack, .psh], 100, ack: 500, "GET /")
        #expect(lab.blames == [nil, nil, nil, nil, nil])
    }

    @Test func aDroppedSYNAndACKStopsBothSides() throws {
        var lab = try CounterfactualLaboratory()
        lab.ask(.syn, 99)
        lab.answer([.syn, .ack], 499, ack: 100, "", .dropped)
        lab.ask(.ack, 100, ack: 500)
        lab.answer([.ack, .psh], 500, ack: 100, "220 ready")
        lab.answer([.syn, .ack], 499, ack: 100)
        lab.ask(.ack, 100, ack: 500)
        #expect(lab.blames == [nil, nil, 2, 2, nil, nil])
    }

    @Test func lostDataIsNotAcknowledgedUntilItComesAgain() throws {
        var lab = try CounterfactualLaboratory()
        lab.handshake()
        lab.ask([.ack, .psh], 100, ack: 500, "one", .dropped)
        lab.ask([.ack, .psh], 103, ack: 500, "two")
        lab.answer([.ack], 500, ack: 106)
        lab.answer([.ack], 500, ack: 100)
        lab.ask([.ack, .psh], 100, ack: 500, "one")
        lab.answer([.ack], 500, ack: 106)
        #expect(lab.blames == [nil, nil, nil, nil, nil, 4, nil, nil, nil])
    }

    @Test func droppedCopyOfDataThatCameIsNoLoss() throws {
        var lab = try CounterfactualLaboratory()
        lab.handshake()
        lab.ask([.ack, .psh], 100, ack: 500, "one")
        lab.ask([.ack, .psh], 100, ack: 500, "one", .dropped)
        lab.answer([.ack], 500, ack: 103)
        lab.answer([.ack, .psh], 500, ack: 103, "reply")
        #expect(lab.blames == [nil, nil, nil, nil, nil, nil, nil])
    }

    /// A lost acknowledgement stops a sender at the end of the window, not before.
    @Test func lostAcknowledgementClosesTheWindow() throws {
        var lab = try CounterfactualLaboratory()
        let block = String(repeating: "x", count: 600)
        lab.ask(.syn, 99, "", .dropped)
        lab.handshake()
        lab.answer([.ack], 500, ack: 100, block)
        lab.ask(.ack, 100, ack: 1100, "", .dropped)
        lab.answer([.ack], 1100, ack: 100, String(block.prefix(400)))
        lab.answer([.ack], 1500, ack: 100, block)
        lab.ask(.ack, 100, ack: 1500)
        lab.answer([.ack], 1500, ack: 100, block)
        #expect(lab.blames == [nil, nil, nil, nil, nil, nil, nil, 6, nil, nil])
    }

    @Test func theResetOfARejectIsPossible() throws {
        var lab = try CounterfactualLaboratory()
        lab.ask(.syn, 99, "", .reset)
        lab.answer([.rst, .ack], 0, ack: 100)
        lab.ask(.syn, 99, "", .dropped, from: 40_001)
        lab.answer([.rst, .ack], 0, ack: 100, to: 40_001)
        #expect(lab.blames == [nil, nil, nil, 3])
    }

    @Test(arguments: [TCPFlags.ack, [], .fin])
    func probesThatNeverCameAreNotAnswered(flags: TCPFlags) throws {
        var lab = try CounterfactualLaboratory()
        let hasAck = flags.contains(.ack)
        lab.ask(flags, 100, ack: hasAck ? 700 : 0, "", .dropped)
        let acknowledgement: UInt32 = flags.contains(.fin) ? 101 : 100
        lab.answer(hasAck ? .rst : [.rst, .ack], hasAck ? 700 : 0, ack: hasAck ? 0 : acknowledgement)
        #expect(lab.blames == [nil, 1])
    }

    // MARK: Queries

    private static func dns(_ id: UInt16, isReply: Bool = false) -> [UInt8] {
        [UInt8(id >> 8), UInt8(id & 255), isReply ? 0x81 : 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    }

    @Test func namesAreNotAnsweredThatWereNotAsked() throws {
        var lab = try CounterfactualLaboratory()
        lab.datagram(CounterfactualTests.dns(1), port: 53)
        lab.datagram(CounterfactualTests.dns(2), port: 53, .dropped)
        lab.datagram(CounterfactualTests.dns(2, isReply: true), port: 53, fromServer: true)
        lab.datagram(CounterfactualTests.dns(1, isReply: true), port: 53, fromServer: true)
        lab.datagram(CounterfactualTests.dns(2), port: 53)
        lab.datagram(CounterfactualTests.dns(2, isReply: true), port: 53, fromServer: true)
        #expect(lab.blames == [nil, nil, 2, nil, nil, nil])
    }

    @Test func datagramsNeedOneThatCame() throws {
        var lab = try CounterfactualLaboratory()
        lab.datagram([1], port: 123, .dropped)
        lab.datagram([2], port: 123, fromServer: true)
        lab.datagram([3], port: 123)
        lab.datagram([4], port: 123, fromServer: true)
        // The server began: what it sends doesn't depend on the client.
        lab.datagram([5], port: 5000, fromServer: true)
        lab.datagram([6], port: 5000, .dropped)
        lab.datagram([7], port: 5000, fromServer: true)
        #expect(lab.blames == [nil, 1, nil, nil, nil, nil, nil])
    }

    @Test func echoesByNumber() throws {
        var lab = try CounterfactualLaboratory()
        func echo(_ type: UInt8, _ number: UInt32) -> PacketBuilder.Transport {
            .icmp(PacketBuilder.ICMPMessage(type: type, rest: 7 << 16 | number))
        }
        let (client, server) = (CounterfactualLaboratory.client, CounterfactualLaboratory.server)
        lab.send(echo(8, 1))
        lab.send(echo(0, 1), from: server, to: client)
        lab.send(echo(8, 2), .dropped)
        lab.send(echo(0, 2), from: server, to: client)
        lab.send(echo(8, 3))
        lab.send(echo(0, 3), from: server, to: client)
        #expect(lab.blames == [nil, nil, nil, 3, nil, nil])
    }

    // MARK: Errors, related connections, fragments, translation

    private static func unreachable(about transport: PacketBuilder.Transport, identification: UInt32 = 0)
        -> PacketBuilder.Transport
    {
        var packet = PacketBuilder(
            source: CounterfactualLaboratory.client, destination: CounterfactualLaboratory.server, transport)
        packet.identification = identification
        return .icmp(
            PacketBuilder.ICMPMessage(type: 3, code: 3, payload: Array(packet.bytes().prefix(28))))
    }

    @Test func errorsAboutPacketsThatNeverCame() throws {
        var lab = try CounterfactualLaboratory()
        let (client, server) = (CounterfactualLaboratory.client, CounterfactualLaboratory.server)
        func probe(_ port: UInt16) -> PacketBuilder.Transport {
            .udp(PacketBuilder.UDPDatagram(from: 40_000, to: port, payload: [0]))
        }
        lab.send(probe(33_434), .dropped)
        lab.send(CounterfactualTests.unreachable(about: probe(33_434)), from: server, to: client)
        lab.send(probe(33_435), .refused)
        // The router's own error may be that of the REJECT; the server's isn't.
        lab.send(
            CounterfactualTests.unreachable(about: probe(33_435)), from: CounterfactualLaboratory.router,
            to: client, isOwn: true)
        lab.send(CounterfactualTests.unreachable(about: probe(33_435)), from: server, to: client)
        #expect(lab.blames == [nil, 1, nil, nil, 3])
    }

    @Test func dataConnectionsThatNobodyAnnounced() throws {
        var lab = try CounterfactualLaboratory()
        lab.handshake(port: 21)
        lab.answer(
            [.ack, .psh], 500, ack: 100, "227 Entering Passive Mode (198,51,100,7,4,210).\r\n", .dropped,
            port: 21)
        lab.ask(.syn, 7000, port: 1234, from: 40_002)
        lab.answer([.syn, .ack], 8000, ack: 7001, port: 1234, to: 40_002)
        lab.ask(.syn, 7000, port: 1235, from: 40_003)
        #expect(lab.blames == [nil, nil, nil, nil, 4, 4, nil])
    }

    @Test func fragmentsOfAnImpossiblePacket() throws {
        var lab = try CounterfactualLaboratory()
        let (client, server) = (CounterfactualLaboratory.client, CounterfactualLaboratory.server)
        lab.datagram([1], port: 123, .dropped)
        let reply = PacketBuilder.UDPDatagram(from: 123, to: 40_000, payload: Array(repeating: 1, count: 24))
        let bytes = PacketBuilder(source: server, destination: client, .udp(reply)).bytes().dropFirst(20)
        for (offset, isMore) in [(UInt16(0), true), (2, false)] {
            let part = bytes.dropFirst(Int(offset) * 8).prefix(isMore ? 16 : 100)
            lab.send(
                .other(.udp, Array(part)), from: server, to: client, identification: 9,
                fragment: (offset, isMore))
        }
        #expect(lab.blames == [nil, 1, 1])
    }

    @Test func repliesToTheTranslatedAddress() throws {
        var lab = try CounterfactualLaboratory(translates: true)
        lab.ask(.syn, 99)
        lab.answer([.syn, .ack], 499, ack: 100, at: CounterfactualLaboratory.router)
        lab.ask(.ack, 100, ack: 500)
        lab.ask([.ack, .psh], 100, ack: 500, "GET", .dropped)
        lab.answer([.ack], 500, ack: 103, at: CounterfactualLaboratory.router)
        lab.answer([.ack], 500, ack: 100, at: CounterfactualLaboratory.router)
        #expect(lab.blames.suffix(2) == [4, nil])
    }

    // MARK: Laws

    /// Whatever comes: it ends, blame goes to an earlier packet that was dropped, and nothing is marked where nothing
    /// was dropped.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func randomConversations(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var lab = try CounterfactualLaboratory(translates: Bool.random(using: &random))
        let drops = seed % 4 != 0
        var lost: Set<UInt64> = []
        for number in 1...UInt64(400) {
            let fate: CounterfactualLaboratory.Fate =
                drops && Int.random(in: 0..<5, using: &random) == 0
                ? [.dropped, .reset, .refused].randomElement(using: &random)! : .passes
            if fate != .passes { lost.insert(number) }
            let port: UInt16 = [21, 53, 80].randomElement(using: &random)!
            let flags = TCPFlags(rawValue: [2, 18, 16, 24, 17, 4, 20, 0].randomElement(using: &random)!)
            let base: UInt32 = [0, 0x7fff_fff0, 0xffff_fff0].randomElement(using: &random)!
            let sequence = base &+ UInt32.random(in: 0...60, using: &random)
            let ack = base &+ UInt32.random(in: 0...60, using: &random)
            let text = ["", "abcdefgh", "227 x (1,2,3,4,5,6)", "EPRT |1|1.2.3.4|80|"].randomElement(
                using: &random)!
            switch Int.random(in: 0..<3, using: &random) {
            case 0: lab.ask(flags, sequence, ack: ack, text, fate, port: port)
            case 1: lab.answer(flags, sequence, ack: ack, text, fate, port: port)
            default: lab.datagram(Array(text.utf8), port: port, fromServer: Bool.random(using: &random), fate)
            }
        }
        for (index, blame) in lab.blames.enumerated() {
            guard let blame else { continue }
            #expect(blame <= UInt64(index) && lost.contains(blame))
        }
        #expect(drops || lab.blames.allSatisfy { $0 == nil })
    }

    /// More conversations than are followed at a time: the first are forgotten.
    @Test func memoryIsBounded() throws {
        var lab = try CounterfactualLaboratory()
        let count = 33_000
        for number in 0..<count {
            lab.ask(
                .syn, 1, "", .dropped, port: UInt16(1 + number / 60_000), from: UInt16(1 + number % 60_000))
        }
        lab.answer([.syn, .ack], 1, ack: 2, port: 1, to: 1)
        lab.answer([.syn, .ack], 1, ack: 2, port: 1, to: UInt16(count))
        #expect(lab.blames.suffix(2) == [nil, UInt64(count)])
    }
}
