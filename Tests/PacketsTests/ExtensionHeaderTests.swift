import Packets
import TestSupport
import Testing

@Suite struct ExtensionHeaderTests {
    private func decode(
        _ headers: [PacketBuilder.Extension],
        _ transport: PacketBuilder.Transport = .udp(.init(from: 7, to: 9)),
        change: (inout PacketBuilder) -> Void = { _ in }
    ) -> DecodedFrame {
        var builder = PacketBuilder(
            source: IPAddress("2001:db8::1")!, destination: IPAddress("2001:db8::2")!, transport)
        builder.extensionHeaders = headers
        change(&builder)
        return DecodedFrame(builder.bytes(), .raw)
    }

    @Test func everySkippedHeader() {
        let frame = decode([
            .init(0, body: [5, 2, 0, 0]), .init(60, body: [1, 4, 0, 0, 0, 0]), .init(43, body: [2, 0, 0, 0]),
            .init(44), .init(51, body: [UInt8](repeating: 0, count: 22)), .init(60),
        ])
        #expect(frame.packet.transportProtocol == .udp && frame.packet.destinationPort == 9)
        #expect(frame.packet.transportOffset == 40 + 8 + 8 + 8 + 8 + 24 + 8)
        #expect(frame.packet.flags == [.hasOptions, .hasFragmentHeader, .hasTransportHeader, .hasPorts])
    }

    /// ESP and mobility end the walk as upper layers; "no next header" does too, with what follows as its payload.
    @Test(arguments: [50, 135, 139, 140, 59, 253] as [UInt8])
    func headersThatEndTheWalk(number: UInt8) {
        let frame = decode(
            [.init(60)], .other(IPProtocol(rawValue: number), [UInt8](repeating: 0, count: 16)))
        #expect(frame.packet.transportProtocol.rawValue == number)
        #expect(frame.packet.transportOffset == 48)
        #expect(!frame.packet.flags.contains(.brokenHeaderChain))
    }

    @Test func brokenChains() {
        let overlong = decode([.init(60, lengthField: 9), .init(60)])
        #expect(overlong.isPacket && overlong.packet.flags == [.hasOptions, .brokenHeaderChain])
        #expect(overlong.packet.transportProtocol.rawValue == 60)
        let missing = decode([], .other(IPProtocol(rawValue: 43), [17, 0]))
        #expect(missing.packet.flags == [.hasOptions, .brokenHeaderChain])
        let laterWithExtension = decode([], .other(IPProtocol(rawValue: 60), [17, 0, 0, 0, 0, 0, 0, 0])) {
            $0.fragmentOffset = 4
        }
        #expect(laterWithExtension.packet.flags.contains(.brokenHeaderChain))
        #expect(laterWithExtension.packet.fragmentOffset == 4)
        let wholeButEmpty = decode([.init(60)], .other(.tcp, []))
        #expect(wholeButEmpty.packet.transportProtocol == .tcp && wholeButEmpty.packet.flags == [.hasOptions])
    }

    /// `Fixtures/MatchAnswers`: `-p esp` passes such a packet by, where it drops one with a broken chain.
    @Test func aHeaderLongerThanThePacketStillSaysWhatFollows() {
        let overlong = decode([.init(60, lengthField: 9)])
        #expect(overlong.packet.transportProtocol == .udp && overlong.packet.flags == [.hasOptions])
        #expect(
            overlong.packet.transportOffset == overlong.bytes.count && overlong.packet.transportCaptured == 0)
    }

    @Test func reservedFragmentBits() {
        #expect(decode([.init(44, body: [1, 0, 0])]).packet.flags.contains(.fragmentReservedBits))
        #expect(decode([.init(44, body: [0, 0, 4])]).packet.flags.contains(.fragmentReservedBits))
        #expect(!decode([.init(44, body: [0, 0, 1])]).packet.flags.contains(.fragmentReservedBits))
    }

    @Test(
        arguments: [
            ([5, 2, 0, 0, 1, 0], nil), ([5, 3, 0, 0, 0, 0], .badHopByHopOption),
            ([0x1e, 4, 0, 0, 0, 0], nil), ([0x5e, 4, 0, 0, 0, 0], .badHopByHopOption),
            ([1, 4, 0, 0, 0, 1], .badHopByHopOption), ([1, 9, 0, 0, 0, 0], .badHopByHopOption),
            ([0xc2, 4, 0, 1, 0, 0], .badJumboOption), ([0, 0, 0, 0, 0, 0, 0, 0], .badHopByHopOption),
        ] as [([UInt8], Malformation?)])
    func hopByHopOptions(body: [UInt8], expected: Malformation?) {
        #expect(decode([.init(0, body: body)]).malformation == expected)
    }

    @Test func tooManyOptions() {
        #expect(decode([.init(0, body: Array(repeatElement([0x1e, 0], count: 8).joined()))]).isPacket)
        #expect(
            decode([.init(0, body: Array(repeatElement([0x1e, 0], count: 9).joined()))]).malformation
                == .badHopByHopOption)
    }

    @Test func jumbogram() {
        let payload = [UInt8](repeating: 1, count: 70000)
        let length = UInt32(8 + 8 + payload.count)
        let field = (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * $0)) }
        let frame = decode(
            [.init(0, body: [0xc2, 4] + field)], .udp(.init(from: 7, to: 9, payload: payload))
        ) {
            $0.lengthField = 0
        }
        #expect(
            frame.isPacket && frame.packet.totalLength == 40 + length && frame.packet.destinationPort == 9)
    }
}
