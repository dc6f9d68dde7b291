public import Engine
public import Packets

/// What makes two packets the same answer of the host: of a reset its ports and numbers, of an echo its identifier and
/// sequence number, of an ICMP error its type and the packet that it quotes. The source of an ICMP error is left out, as it depends on the host's addresses.
public struct AnswerKey: Hashable, Sendable {
    private var destination: UInt128
    private var kind: UInt32
    private var first: UInt128
    private var second: UInt128
    private var third: UInt64

    /// Nil if the packet is neither a reset nor an echo reply nor an ICMP error.
    /// - Parameter bytes: the packet was decoded from them.
    public init?(_ packet: Packet, _ bytes: RawSpan) {
        guard packet.flags.contains(.hasTransportHeader), !packet.isFragment else { return nil }
        destination = packet.destination
        kind = UInt32(packet.transportProtocol.rawValue) << 16
        switch (packet.family, packet.transportProtocol) {
        case (_, .tcp):
            guard packet.tcpFlags.contains(.rst) else { return nil }
            first = packet.source
            second = UInt128(packet.sourcePort) << 16 | UInt128(packet.destinationPort)
            third = UInt64(packet.tcpSequence) << 32 | UInt64(packet.tcpAcknowledgement)
        case (.ipv4, .icmp) where packet.icmpType == 0, (.ipv6, .icmpv6) where packet.icmpType == 129:
            guard packet.transportCaptured >= 8 else { return nil }
            kind |= UInt32(packet.icmpType) << 8 | UInt32(packet.icmpCode)
            first = packet.source
            second = UInt128(bytes.uint32(at: Int(packet.transportOffset) + 4))
            third = UInt64(packet.transportLength)
        case (.ipv4, .icmp):
            guard [3, 11, 12].contains(packet.icmpType), packet.transportCaptured >= 8 + 28 else {
                return nil
            }
            kind |= UInt32(packet.icmpType) << 8 | UInt32(packet.icmpCode)
            let quoted = Int(packet.transportOffset) + 8
            let transport = quoted + Int(bytes.byte(at: quoted) & 0xf) * 4
            let end = Int(packet.transportOffset) + Int(packet.transportCaptured)
            guard transport + 8 <= end else { return nil }
            first = UInt128(bytes.uint64(at: quoted + 12))
            second = UInt128(bytes.uint32(at: quoted + 4)) << 8 | UInt128(bytes.byte(at: quoted + 9))
            third = bytes.uint64(at: transport)
        case (.ipv6, .icmpv6):
            guard (1...4).contains(packet.icmpType), packet.transportCaptured >= 8 + 48 else { return nil }
            kind |= UInt32(packet.icmpType) << 8 | UInt32(packet.icmpCode)
            let quoted = Int(packet.transportOffset) + 8
            first = bytes.uint128(at: quoted + 8)
            second = bytes.uint128(at: quoted + 24)
            third = bytes.uint64(at: quoted + 40)
        default: return nil
        }
    }

    /// Of an answer that was made.
    public init?(_ answer: HostAnswer) { self.init(answer.packet, answer.bytes.span.bytes) }
}
