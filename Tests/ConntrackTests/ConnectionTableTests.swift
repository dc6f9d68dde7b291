import Conntrack
import Packets
import Testing

extension ConnectionTable {
    mutating func track(
        _ made: TestPacket, hook: Hook = .prerouting, seconds: Double = 0, checksum: ChecksumVerdict = .good
    ) -> Tracking {
        track(
            made.packet, bytes: made.bytes.span.bytes, checksum: checksum, hook: hook, at: .seconds(seconds))
    }

    /// Tracks a packet that nobody drops.
    mutating func pass(_ made: TestPacket, seconds: Double = 0) -> Tracking {
        let tracking = track(made, seconds: seconds)
        _ = confirm(tracking)
        return tracking
    }
}

extension Timestamp {
    static func seconds(_ seconds: Double) -> Timestamp { Timestamp(nanoseconds: Int64(seconds * 1e9)) }
}

func udp(_ source: UInt128, _ sourcePort: Int, _ destination: UInt128, _ destinationPort: Int) -> TestPacket {
    TestPacket(
        .udp, from: source, to: destination,
        transport: be16(sourcePort) + be16(destinationPort) + be16(8) + be16(0x1234))
}

func tcp(
    _ flags: TCPFlags, _ sequence: UInt32, _ acknowledgement: UInt32 = 0, port: Int = 1000,
    isReply: Bool = false
) -> TestPacket {
    let ports = isReply ? be16(80) + be16(port) : be16(port) + be16(80)
    let header = [0x50, flags.rawValue] + be16(65535) + [0, 0, 0, 0]
    return TestPacket(
        .tcp, from: isReply ? 2 : 1, to: isReply ? 1 : 2,
        transport: ports + be32(sequence) + be32(acknowledgement) + header)
}

@Suite struct ConnectionTableTests {
    @Test func aNewConnectionIsSeenOnlyOnceItIsConfirmed() {
        var table = ConnectionTable()
        let first = table.track(udp(1, 10, 2, 20))
        #expect(first.flow.state == .new && first.flow.exists && !first.flow.isReply)
        #expect(!first.flow.status.contains(.confirmed))
        #expect(first.flow.expiresIn == 0)
        #expect(
            first.flow.original.source == 1 && first.flow.reply.source == 2
                && first.flow.reply.sourcePort == 20)

        let unseen = table.track(udp(2, 20, 1, 10))
        #expect(unseen.flow.state == .new)
        table.discard(unseen)
        table.discard(unseen)
        #expect(table.count == 1)

        _ = table.confirm(first)
        let answer = table.track(udp(2, 20, 1, 10))
        #expect(answer.flow.state == .established && answer.flow.isReply)
        #expect(answer.flow.status.contains([.confirmed, .seenReply]))
        #expect(answer.flow.expiresIn == 30)
        #expect(answer.handle == first.handle)
        table.discard(answer)
        #expect(table.count == 1)
    }

    @Test func aClashingConfirmationDropsThePacket() {
        var table = ConnectionTable()
        let first = table.track(udp(1, 10, 2, 20))
        let second = table.track(udp(1, 10, 2, 20))
        #expect(table.confirm(first) == true)
        #expect(table.confirm(second) == false)
        #expect(table.confirm(first) == true)
        #expect(table.count == 1)
    }

    /// SEMANTICS 12: what comes in over loopback keeps its connection and state.
    @Test func loopbackKeepsTheState() {
        var table = ConnectionTable()
        var tracking = table.track(udp(1, 10, 1, 20), hook: .output)
        _ = table.confirm(tracking)
        table.refresh(&tracking, at: .seconds(1))
        #expect(tracking.flow.state == .new)
        #expect(tracking.flow.status.contains(.confirmed))
        #expect(tracking.flow.expiresIn == 29)
    }

    /// SEMANTICS 6, 7, 12, 17: nat is asked once per connection and translation.
    @Test func natIsDecidedOnce() {
        var table = ConnectionTable()
        func ask(_ tracking: inout Tracking, _ table: inout ConnectionTable) -> [Bool] {
            [NATManipulation.destination, .source].map { manipulation in
                let isUndecided = table.isUndecided(manipulation, for: tracking)
                table.translate(manipulation, into: nil, for: &tracking, at: .seconds(0))
                return isUndecided
            }
        }
        var dropped = table.track(udp(1, 10, 2, 20))
        table.translate(.destination, into: nil, for: &dropped, at: .seconds(0))
        table.discard(dropped)
        var repeated = table.track(udp(1, 10, 2, 20))
        #expect(ask(&repeated, &table) == [true, true])
        _ = table.confirm(repeated)
        var later = table.track(udp(1, 10, 2, 20))
        #expect(later.flow.state == .new)
        #expect(ask(&later, &table) == [false, false])

        // The reset with which a REJECT answers decides the source translation of a connection never
        // confirmed.
        var rejected = table.track(tcp([.syn], 100))
        table.translate(.destination, into: nil, for: &rejected, at: .seconds(0))
        guard var reset = rejected.answer else {
            return #expect(Bool(false), "an answer carries the connection")
        }
        #expect(reset.flow.state == .related && reset.flow.isReply)
        #expect(ask(&reset, &table) == [false, true])
        #expect(table.confirm(reset) == true)
        table.discard(rejected)
        #expect(table.track(tcp([.syn, .ack], 1, 101, isReply: true)).flow.state == .invalid)
    }

    /// SEMANTICS 18.
    @Test func aResetByTheHostClosesAKnownConnectionOnly() {
        var table = ConnectionTable()
        let first = table.track(tcp([.syn], 100))
        table.reset(first, at: .seconds(0))
        _ = table.confirm(first)
        let again = table.pass(tcp([.syn], 100))
        #expect(again.flow.state == .new)
        table.reset(again, at: .seconds(1))
        var states: [String?] = []
        table.forEachConnection(at: .seconds(1)) { states += [$0.stateName, "\($0.expiresIn)"] }
        #expect(states == ["CLOSE", "10"])
    }

    @Test func handlesGoStale() {
        var table = ConnectionTable()
        var old = table.pass(udp(1, 10, 2, 20))
        _ = table.pass(udp(3, 10, 2, 20), seconds: 100)
        let new = table.pass(udp(1, 10, 2, 20), seconds: 100)
        #expect(new.flow.state == .new && new.handle != old.handle)
        let before = old.flow
        table.refresh(&old, at: .seconds(100))
        #expect(old.flow.status == before.status)
        #expect(table.isUndecided(.source, for: old) == false)
        table.discard(old)
        table.reset(old, at: .seconds(100))
        #expect(table.track(udp(2, 20, 1, 10), seconds: 100).flow.state == .established)
    }

    /// A packet to its own address and port is its own answer, as the kernel finds the reply tuple first.
    @Test func aPacketToItselfIsAReplyFromTheSecondOn() {
        var table = ConnectionTable()
        #expect(table.pass(udp(1, 10, 1, 10)).flow.state == .new)
        let second = table.pass(udp(1, 10, 1, 10))
        #expect(second.flow.state == .established && second.flow.isReply)
        #expect(table.pass(udp(1, 10, 1, 10), seconds: 1000).flow.state == .new)
        #expect(table.count == 1)
    }

    /// SEMANTICS 23, 30: only PREROUTING verifies checksums, and not where nf_conntrack_checksum is 0.
    @Test(arguments: [
        (Hook.prerouting, true, ConnectionState.invalid), (.output, true, .new), (.prerouting, false, .new),
    ])
    func checksums(_ hook: Hook, _ isOn: Bool, _ expected: ConnectionState) {
        var settings = ConntrackSettings()
        settings.checksum = isOn
        var table = ConnectionTable(settings: settings)
        for packet in [tcp([.syn], 1), udp(1, 2, 3, 4)] {
            #expect(table.needsChecksum(packet.packet, hook: hook) == (expected == .invalid))
            #expect(table.track(packet, hook: hook, checksum: .bad).flow.state == expected)
        }
        #expect(
            table.needsChecksum(TestPacket(.gre, from: 1, to: 2, transport: []).packet, hook: hook) == false)
    }

    @Test func fragmentsThatNobodyReassembledAreInvalid() {
        var table = ConnectionTable()
        var later = udp(1, 10, 2, 20)
        later.packet.fragmentOffset = 1
        let tracking = table.track(later)
        #expect(tracking.flow.state == .invalid && tracking.invalidReason == .fragment)
        #expect(!tracking.flow.exists && tracking.handle == .none && tracking.answer == nil)
    }

    @Test func connectionsAreListedInTheOrderOfTheirCreation() {
        var table = ConnectionTable()
        for port in 1...5 { _ = table.pass(udp(1, port, 2, 20)) }
        _ = table.track(udp(1, 6, 2, 20))
        _ = table.pass(udp(1, 7, 2, 20), seconds: 20)
        _ = table.pass(udp(1, 2, 2, 20), seconds: 20)
        var ports: [UInt16] = []
        table.forEachConnection(at: .seconds(20)) { ports.append($0.original.sourcePort) }
        #expect(ports == [1, 2, 3, 4, 5, 7])
        ports = []
        table.forEachConnection(at: .seconds(40)) { ports.append($0.original.sourcePort) }
        #expect(ports == [2, 7])
    }
}
