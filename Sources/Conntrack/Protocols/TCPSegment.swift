internal import Packets

/// What the TCP tracker knows of a segment.
struct TCPSegment: BitwiseCopyable {
    var kind: TCPSegmentKind
    var flags: TCPFlags
    var window: UInt16
    var sequence: UInt32
    var acknowledgement: UInt32
    /// The sequence number behind the segment; SYN and FIN count one each.
    var end: UInt32
    var options: TCPOptions
    /// See `PacketContext.acknowledgementOffset`.
    var acknowledgementOffset: UInt32 = 0

    /// The segment of a packet whose header is whole.
    init(_ packet: Packet, bytes: RawSpan) {
        kind = TCPSegmentKind(packet.tcpFlags)
        flags = packet.tcpFlags
        window = packet.tcpWindow
        sequence = packet.tcpSequence
        acknowledgement = packet.tcpAcknowledgement
        let payload = packet.transportLength &- UInt32(packet.tcpHeaderLength)
        end =
            sequence &+ payload &+ (flags.contains(.syn) ? 1 : 0) &+ (flags.contains(.fin) ? 1 : 0)
        options = TCPOptions()
        if packet.tcpHeaderLength > 20 {
            options = TCPOptions(
                bytes, at: Int(packet.transportOffset) + 20, length: Int(packet.tcpHeaderLength) - 20,
                acknowledgement: packet.tcpAcknowledgement)
        }
    }
}

/// The TCP options that tracking reads (RFC 7323, RFC 2018).
struct TCPOptions: BitwiseCopyable {
    /// There are option bytes, whatever they say.
    var isPresent = false
    /// The shift count, at most 14, if there is a window scale option.
    var windowScale: UInt8?
    var permitsSACK = false
    /// The highest right edge of a SACK block that lies behind the acknowledgement number.
    var highestSACK: UInt32?

    init() {}

    /// Reads up to the first option that makes no sense, as the kernel does (`tcp_options`, `tcp_sack`).
    init(_ bytes: RawSpan, at start: Int, length: Int, acknowledgement: UInt32) {
        let end = start + length
        guard end <= bytes.byteCount else { return }  // cut off by the capture
        isPresent = true
        // A timestamp behind two NOPs is all that most segments carry.
        if length == 12, bytes.uint32(at: start, before: end) == 0x0101_080a { return }
        var at = start
        var hasSACK = false
        while let kind = bytes.uint8(at: at, before: end), kind != 0 {
            if kind == 1 {
                at += 1
                continue
            }
            guard let size = bytes.uint8(at: at + 1, before: end), size >= 2, at + Int(size) <= end else {
                return
            }
            switch (kind, size) {
            case (3, 3):
                windowScale = min(bytes.uint8(at: at + 2, before: end) ?? 0, 14)
            case (4, 2):
                permitsSACK = true
            case (5, 10...) where (size - 2) % 8 == 0 && !hasSACK:
                hasSACK = true
                var highest = acknowledgement
                for edge in stride(from: at + 6, to: at + Int(size), by: 8) {
                    guard let right = bytes.uint32(at: edge, before: end) else { break }
                    if right.isAfter(highest) { highest = right }
                }
                highestSACK = highest
            default:
                break
            }
            at += Int(size)
        }
    }
}

/// Sequence numbers wrap (RFC 9293 3.4): "before" is less than half the space away.
extension UInt32 {
    func isBefore(_ other: UInt32) -> Bool { Int32(bitPattern: self &- other) < 0 }
    func isAfter(_ other: UInt32) -> Bool { other.isBefore(self) }
}
