import Packets
import TestSupport
import Testing

/// What becomes of hostile headers; those of the kernel are in `Fixtures/Traversals`.
@Suite struct TCPHeaderEditorTests {
    /// Whatever the bytes: nothing crashes, a right checksum stays right, and lengths agree.
    @Test(arguments: [
        "tcp 10.0.0.5:1000 > 198.51.100.7:80 S len 60", "tcp [2001:db8::5]:1000 > [2001:db8::7]:80 S len 100",
    ])
    func nothingBreaksIt(_ description: String) throws {
        let original = try PacketDescription(parsing: description).bytes()
        var random = SeededGenerator(seed: 7)
        for _ in 0..<3000 {
            var bytes = original
            let start = Int(DecodedFrame(bytes, .raw).packet.transportOffset)
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                bytes[Int.random(in: start + 12..<bytes.count, using: &random)] = UInt8.random(
                    in: 0...40, using: &random)
            }
            let cut =
                Int.random(in: 0...3, using: &random) == 0
                ? Int.random(in: start..<bytes.count, using: &random) : bytes.count
            var packet = Packet(family: .ipv4)
            let shown = Array(bytes[..<cut])
            let fault = PacketDecoder().decode(
                shown.span.bytes, family: AddressFamily(rawValue: bytes[0] >> 4)!, networkOffset: 0,
                originalLength: bytes.count, into: &packet)
            guard fault == nil else { continue }
            let before = packet.verifyTransportChecksum(shown.span.bytes)
            var editor = TCPHeaderEditor(packet, shown.span.bytes)
            _ = editor.stripOptions([2, 4, 5, 8, 30])
            _ = editor.setFlags(echo: true, windowReduced: false)
            _ = editor.limitSegmentSize(to: 500, assumed: 536)
            #expect(
                editor.bytes.count - shown.count == Int(editor.packet.totalLength) - Int(packet.totalLength))
            if before == .valid {
                #expect(editor.packet.verifyTransportChecksum(editor.bytes.span.bytes) == .valid)
            }
        }
    }

    /// A checksum that a network card is to complete, is to be completed still.
    @Test func anOffloadedChecksumStaysOffloaded() throws {
        var bytes = try PacketDescription(parsing: "tcp 10.0.0.5:1000 > 198.51.100.7:80 S len 40").bytes()
        let packet = DecodedFrame(bytes, .raw).packet
        let sum = InternetChecksum.fold(
            InternetChecksum.pseudoHeaderSum(
                source: packet.source, destination: packet.destination, .tcp, length: 20))
        bytes[36] = UInt8(sum >> 8)
        bytes[37] = UInt8(sum & 0xff)
        var editor = TCPHeaderEditor(packet, bytes.span.bytes)
        #expect(editor.limitSegmentSize(to: 1000, assumed: 536) == .done)
        #expect(editor.bytes.count == 44 && Array(editor.bytes[40..<44]) == [2, 4, 0x02, 0x18])
        #expect(editor.packet.verifyTransportChecksum(editor.bytes.span.bytes) == .offloaded)
        #expect(DecodedFrame(editor.bytes, .raw).packet.totalLength == 44)
    }

    /// RFC 6296, 3.
    @Test func prefixesAreTranslatedThereAndBack() {
        let inside = IPPrefix("fd01:203:405::/48")!
        let outside = IPPrefix("2001:db8:1::/48")!
        let address = IPAddress("fd01:203:405:1::1234")!
        let out = PrefixEditor(from: inside, to: outside).translated(address.bits)
        #expect(out == IPAddress("2001:db8:1:d550::1234")!.bits)
        #expect(out.flatMap { PrefixEditor(from: outside, to: inside).translated($0) } == address.bits)
        let full = IPAddress("fd01:203:405:1:ffff:ffff:ffff:ffff")!
        let long = PrefixEditor(from: IPPrefix("fd01:203:405:1::/64")!, to: IPPrefix("2001:db8:1::/64")!)
        #expect(long.translated(full.bits) == nil)
    }
}
