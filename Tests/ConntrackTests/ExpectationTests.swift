import Conntrack
import Packets
import Testing

/// Control connections of FTP between 0.0.0.1 and 0.0.0.2, and what comes of them.
@Suite struct ExpectationTests {
    private final class Control {
        private var table: ConnectionTable
        /// The client's number, and the server's, as they send them.
        var client: UInt32 = 1001
        var server: UInt32 = 5001
        let translated: UInt128?

        /// The handshake.
        init(translated: UInt128? = nil, settings: ConntrackSettings = ConntrackSettings()) {
            table = ConnectionTable(settings: settings)
            self.translated = translated
            _ = send([.syn], 1000, 0, "", isReply: false)
            _ = send([.syn, .ack], 5000, 1001, "", isReply: true)
            _ = send([.ack], 1001, 5001, "", isReply: false)
        }

        func send(
            _ flags: TCPFlags, _ sequence: UInt32, _ acknowledgement: UInt32, _ text: String, isReply: Bool,
            seconds: Double = 0
        ) -> (tracking: Tracking, outcome: HelpOutcome, sent: TestPacket) {
            let ports = isReply ? be16(80) + be16(1000) : be16(1000) + be16(80)
            let header = [0x50, flags.rawValue] + be16(65535) + [0, 0, 0, 0]
            let made = TestPacket(
                .tcp, from: isReply ? 2 : 1, to: isReply ? translated ?? 1 : 2,
                transport: ports + be32(sequence) + be32(acknowledgement) + header + Array(text.utf8))
            let now = Timestamp(nanoseconds: Int64(seconds * 1e9))
            var tracking = table.track(
                made.packet, bytes: made.bytes.span.bytes, checksum: .notVerified, hook: .prerouting,
                helper: .ftp, at: now)
            if let translated {
                let range = NATRange(addresses: translated...translated)
                table.translate(.source, into: range, for: &tracking, at: now)
            }
            var outcome = HelpOutcome.unchanged
            if table.needsHelp(tracking) {
                outcome = table.help(
                    tracking, made.packet, frame: made.bytes.span.bytes, isLooped: false, at: now)
            }
            if case .dropped = outcome { return (tracking, outcome, made) }
            _ = table.confirm(tracking)
            return (tracking, outcome, made)
        }

        func say(_ text: String, isReply: Bool, seconds: Double = 0) -> HelpOutcome {
            let sent = send(
                [.psh, .ack], isReply ? server : client, isReply ? client : server, text, isReply: isReply,
                seconds: seconds)
            if isReply {
                server &+= UInt32(text.utf8.count)
            } else {
                client &+= UInt32(text.utf8.count)
            }
            return sent.outcome
        }

        /// The first packet of another connection, without more.
        func open(from source: UInt128, to destination: UInt128, _ port: Int, seconds: Double = 0) -> Tracking
        {
            let header = [0x50, TCPFlags.syn.rawValue] + be16(65535) + [0, 0, 0, 0]
            return table.track(
                TestPacket(
                    .tcp, from: source, to: destination,
                    transport: be16(20) + be16(port) + be32(1) + be32(0) + header), seconds: seconds)
        }

        func discard(_ tracking: Tracking) { table.discard(tracking) }

        func mark(_ tracking: Tracking, _ mark: UInt32) { table.setMark(mark, of: tracking) }

        /// The destination ports of the connections that are expected.
        func expected(_ seconds: Double = 0) -> [UInt16] {
            table.liveExpectations(at: .seconds(seconds)).map(\.tuple.destinationPort)
        }
    }

    @Test func aPassiveConnectionIsRelatedOnce() {
        let control = Control()
        _ = control.say("220 ready\r\n", isReply: true)
        _ = control.say("PASV\r\n", isReply: false)
        _ = control.say("227 Entering Passive Mode (0,0,0,2,4,1)\r\n", isReply: true)
        #expect(control.expected(299).count == 1)
        #expect(control.expected(300).isEmpty)
        let data = control.open(from: 1, to: 2, 1025)
        #expect(data.flow.state == .related && data.flow.status.contains(.expected))
        #expect(data.flow.masterHelper == .ftp && data.flow.masterSource == 1)
        #expect(control.expected(0).isEmpty)
        control.discard(data)
        #expect(control.open(from: 1, to: 2, 1025).flow.state == .new)
    }

    @Test func theMarkIsTheMasters() {
        let control = Control()
        _ = control.say("220 ready\r\n", isReply: true)
        let master = control.send([.ack], control.client, control.server, "", isReply: false).tracking
        control.mark(master, 7)
        _ = control.say("229 Extended (|||1025|)\r\n", isReply: true)
        #expect(control.open(from: 1, to: 2, 1025).flow.mark == 7)
    }

    /// Only the latest counts, of the same client to the same server, while the control connection is there.
    @Test func expectationsEnd() {
        let control = Control()
        _ = control.say("220 ready\r\n", isReply: true)
        _ = control.say("229 Extended (|||1025|)\r\n", isReply: true)
        _ = control.say("229 Extended (|||1026|)\r\n", isReply: true)
        #expect(control.expected(0) == [1026])
        #expect(control.open(from: 3, to: 2, 1026).flow.state == .new)
        #expect(control.open(from: 1, to: 2, 1025).flow.state == .new)
        _ = control.send([.rst], control.client, 0, "", isReply: false)
        #expect(control.open(from: 1, to: 2, 1026, seconds: 11).flow.state == .new)
        #expect(control.expected(11).isEmpty)
    }

    @Test func aLineCountsBehindANewlineOnly() {
        let control = Control()
        _ = control.say("227 Entering Passive Mode (0,0,0,2,4,1)\r\n", isReply: true)
        #expect(control.expected(0).isEmpty)
        _ = control.say("227 Entering Passive Mode (0,0,0,2,4,2)\r\n", isReply: true)
        #expect(control.expected(0) == [1026])
    }

    @Test func otherAddressesAreNotExpected() {
        let control = Control()
        _ = control.say("220 ready\r\n", isReply: true)
        _ = control.say("227 Entering Passive Mode (0,0,0,3,4,1)\r\n", isReply: true)
        #expect(control.expected(0).isEmpty)
    }

    @Test func halfALineIsDropped() {
        let control = Control()
        _ = control.say("USER a\r\n", isReply: false)
        guard case .dropped = control.say("PORT 0,0,0,1", isReply: false) else {
            Issue.record("half a line passes")
            return
        }
    }

    @Test func noMoreThanThereMayBe() {
        var settings = ConntrackSettings()
        settings.maximumExpectations = 0
        let control = Control(settings: settings)
        _ = control.say("220 ready\r\n", isReply: true)
        guard case .dropped = control.say("229 Extended (|||1025|)\r\n", isReply: true) else {
            Issue.record("an expectation more than there may be")
            return
        }
    }

    /// A client behind 0.0.13.255 (longer in text than 0.0.0.1): PORT is rewritten, and numbers behind it move.
    @Test func translationMovesNumbers() throws {
        let control = Control(translated: 0x0dff)
        _ = control.say("USER a\r\n", isReply: false)
        let before = control.client
        guard case .changed(let packet, let bytes) = control.say("PORT 0,0,0,1,4,1\r\n", isReply: false)
        else {
            Issue.record("PORT is left as it was")
            return
        }
        #expect(String(decoding: bytes[40...], as: UTF8.self) == "PORT 0,0,13,255,4,1\r\n")
        #expect(packet.totalLength == UInt32(bytes.count) && bytes[3] == UInt8(bytes.count))
        #expect(packet.tcpSequence == before)
        #expect(packet.verifyTransportChecksum(bytes.span.bytes) == .valid)

        // The answer acknowledges what the server got, and the client gets what it sent acknowledged.
        let answer = control.send(
            [.ack], control.server, control.client &+ 3, "", isReply: true)
        #expect(answer.tracking.flow.state == .established)
        guard case .changed(let moved, _) = answer.outcome else {
            Issue.record("the acknowledgement doesn't move")
            return
        }
        #expect(moved.tcpAcknowledgement == control.client)
        guard case .changed(let next, _) = control.say("LIST\r\n", isReply: false) else {
            Issue.record("the next segment doesn't move")
            return
        }
        #expect(next.tcpSequence == before &+ 18 &+ 3)

        let data = control.open(from: 2, to: 0x0dff, 1025)
        #expect(data.flow.state == .related && data.flow.status.contains(.destinationNAT))
        #expect(data.flow.target(.destination)?.destination == 1)
        #expect(data.flow.target(.destination)?.destinationPort == 1025)
    }
}
