import Conntrack
import Packets
import TestSupport
import Testing

/// What no kernel has to be asked: bytes, memory, hostile input. The rules are held against the kernel in
/// `Fixtures/Traversals`.
@Suite struct DefragmenterTests {
    private static let peers = [
        (IPAddress.v4(0xc633_6407), IPAddress.v4(0x0a00_0005)),
        (IPAddress.v6(0x2001_0db8 << 96 | 7), IPAddress.v6(0x2001_0db8 << 96 | 5)),
    ]

    /// Cuts a UDP packet with a payload of `size` bytes at random places.
    private func cut(
        _ size: Int, _ family: AddressFamily, identification: UInt32, _ random: inout SeededGenerator
    ) -> (whole: [UInt8], parts: [[UInt8]]) {
        let (source, destination) = DefragmenterTests.peers[family == .ipv4 ? 0 : 1]
        let payload = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
        var builder = PacketBuilder(
            source: source, destination: destination,
            .udp(PacketBuilder.UDPDatagram(from: 4000, to: 53, payload: payload)))
        if family == .ipv4 { builder.identification = identification }
        let whole = builder.bytes()
        let body = Array(whole[(family == .ipv4 ? 20 : 40)...])
        var parts: [[UInt8]] = []
        var start = 0
        while start < body.count {
            let end = min(body.count, start + 8 * Int.random(in: 1...90, using: &random))
            builder.transport = .other(.udp, Array(body[start..<end]))
            builder.identification = identification
            builder.fragmentOffset = UInt16(start / 8)
            builder.moreFragments = end < body.count
            parts.append(builder.bytes())
            start = end
        }
        return (whole, parts)
    }

    private func add(
        _ bytes: [UInt8], at seconds: Int64 = 0, to defragmenter: inout Defragmenter
    ) -> FragmentFate? {
        let frame = DecodedFrame(bytes, .raw)
        guard frame.isPacket, Defragmenter.concerns(frame.packet) else { return nil }
        let metadata = PacketMetadata(timestamp: Timestamp(nanoseconds: seconds * 1_000_000_000))
        return defragmenter.add(frame.packet, metadata, bytes: bytes.span.bytes, user: .arriving)
    }

    @Test(arguments: AddressFamily.allCases, 0..<40)
    func anyOrderGivesThePacket(_ family: AddressFamily, _ seed: Int) throws {
        var random = SeededGenerator(state: UInt64(seed))
        var defragmenter = Defragmenter(family)
        let (whole, parts) = cut(
            Int.random(in: 300...6000, using: &random), family, identification: 77, &random)
        guard parts.count > 1 else { return }
        var order = Array(parts.indices)
        order.shuffle(using: &random)
        for (count, index) in order.enumerated() {
            let fate = add(parts[index], to: &defragmenter)
            guard count == order.count - 1 else {
                guard case .held = fate else { throw Surprise(text: "\(String(describing: fate))") }
                guard case .discarded(.duplicate) = add(parts[index], to: &defragmenter) else {
                    throw Surprise(text: "a duplicate was taken")
                }
                continue
            }
            guard case .completed(let datagram) = fate else {
                throw Surprise(text: "\(String(describing: fate))")
            }
            #expect(datagram.bytes == whole)
            #expect(Int(datagram.fragments) == parts.count)
            #expect(datagram.packet.verifyTransportChecksum(datagram.bytes.span.bytes) == .valid)
            #expect(datagram.packet.identification == 77)
        }
        #expect(defragmenter.count == 0)
    }

    private struct Surprise: Error { var text: String }

    @Test(arguments: AddressFamily.allCases)
    func memoryIsBounded(_ family: AddressFamily) {
        let (source, destination) = DefragmenterTests.peers[family == .ipv4 ? 0 : 1]
        var builder = PacketBuilder(
            source: source, destination: destination, .other(.udp, Array(repeating: 1, count: 1000)))
        builder.moreFragments = true
        var defragmenter = Defragmenter(family)
        var refused = 0
        for number in 0..<6000 {
            builder.identification = UInt32(number)
            if case .discarded(.outOfMemory) = add(builder.bytes(), to: &defragmenter) { refused += 1 }
        }
        #expect(refused > 3000 && defragmenter.count == 6000 - refused)
        // All of it is forgotten in time.
        _ = add(builder.bytes(), at: 61, to: &defragmenter)
        #expect(defragmenter.count == 1)
    }

    @Test func whatTheCaptureCutIsNotMadeUp() throws {
        var builder = PacketBuilder(
            source: .v4(0xc633_6407), destination: .v4(0x0a00_0005),
            .other(.udp, Array(repeating: 1, count: 104)))
        builder.identification = 5
        builder.moreFragments = true
        let first = builder.bytes()
        builder.fragmentOffset = 13
        builder.moreFragments = false
        let second = builder.bytes()

        var defragmenter = Defragmenter(.ipv4)
        var packet = Packet(family: .ipv4)
        let metadata = PacketMetadata()
        let decoder = PacketDecoder()
        let cut = Array(first.prefix(60))
        #expect(
            decoder.decode(
                cut.span.bytes, family: .ipv4, networkOffset: 0, originalLength: first.count, into: &packet)
                == nil)
        _ = defragmenter.add(packet, metadata, bytes: cut.span.bytes, user: .arriving)
        guard case .completed(let datagram) = add(second, to: &defragmenter) else {
            throw Surprise(text: "incomplete")
        }
        #expect(datagram.packet.totalLength == 228)
        #expect(datagram.packet.flags.contains(.cutByCapture))
        #expect(datagram.bytes.count == 60)
    }

    /// Random header fields over few packets, so that everything meets everything.
    @Test(arguments: AddressFamily.allCases)
    func hostileFragmentsDoNoHarm(_ family: AddressFamily) {
        var random = SeededGenerator(state: 99)
        var defragmenter = Defragmenter(family)
        let (source, destination) = DefragmenterTests.peers[family == .ipv4 ? 0 : 1]
        var completed = 0
        for number in 0..<6000 {
            let size = Int.random(in: 0...40, using: &random)
            var builder = PacketBuilder(
                source: source, destination: destination,
                .other(.udp, Array(repeating: UInt8(truncatingIfNeeded: number), count: size)))
            builder.identification = UInt32.random(in: 0...5, using: &random)
            builder.fragmentOffset =
                Bool.random(using: &random)
                ? UInt16.random(in: 0...6, using: &random) : UInt16.random(in: 8180...8191, using: &random)
            builder.moreFragments = Bool.random(using: &random)
            builder.trafficClass = UInt8.random(in: 0...3, using: &random)
            var bytes = builder.bytes()
            if family == .ipv6, bytes.count > 40, Bool.random(using: &random) {
                bytes[Int.random(in: 40..<min(48, bytes.count), using: &random)] ^= 1
            }
            if case .completed = add(bytes, at: Int64(number / 50), to: &defragmenter) { completed += 1 }
        }
        #expect(completed > 0)
        #expect(defragmenter.count < 200)
    }
}
