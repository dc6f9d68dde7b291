internal import Packets

/// The bytes of the host's answers, as `nf_reject_ipv4.c`, `nf_reject_ipv6.c` and `icmp.c` of IPv4 and IPv6 write
/// them. IPv4 identifications are 0: those of the kernel's ICMP errors are random.
struct AnswerBytes {
    /// The packet that is answered.
    let packet: Packet

    /// No ICMP error is longer (RFC 1812 4.3.2.3, RFC 4443 2.4 c).
    private static let ipv4Limit = 576
    private static let ipv6Limit = 1280

    /// A reset that the other end believes (RFC 793, 3.4).
    func reset() -> [UInt8] {
        var segment = PacketBuilder.TCPSegment(
            from: packet.destinationPort, to: packet.sourcePort, flags: .rst, window: 0)
        if packet.tcpFlags.contains(.ack) {
            segment.sequence = packet.tcpAcknowledgement
        } else {
            segment.flags.insert(.ack)
            let data = packet.transportLength &- UInt32(packet.tcpHeaderLength)
            let syn: UInt32 = packet.tcpFlags.contains(.syn) ? 1 : 0
            let fin: UInt32 = packet.tcpFlags.contains(.fin) ? 1 : 0
            segment.acknowledgement = packet.tcpSequence &+ data &+ syn &+ fin
        }
        var builder = builder(.tcp(segment), from: packet.destination)
        builder.dontFragment = packet.family == .ipv4
        return builder.bytes()
    }

    /// An ICMP error that quotes as much of the packet as it may.
    /// - Parameters:
    ///   - frame: the packet's.
    ///   - mtu: of the way that the answer takes.
    func error(
        type: UInt8, code: UInt8, field: UInt32, quoting frame: RawSpan, from source: UInt128, mtu: UInt32?
    ) -> [UInt8] {
        var message = PacketBuilder.ICMPMessage(type: type, code: code, rest: field)
        switch packet.family {
        case .ipv4:
            let limit = min(AnswerBytes.ipv4Limit, max(Int(mtu ?? .max), 68))
            message.payload = quote(frame, limit - 28)
            var builder = builder(.icmp(message), from: source)
            // Of the TOS, the old type of service stays; the precedence is "internetwork control".
            builder.trafficClass = packet.trafficClass & 0x1e | 0xc0
            return builder.bytes()
        case .ipv6:
            message.payload = quote(frame, AnswerBytes.ipv6Limit - 48)
            return builder(.icmpv6(message), from: source).bytes()
        }
    }

    /// What an echo request brought, sent back (`icmp_echo`, `icmpv6_echo_reply`).
    /// - Parameter frame: the packet's.
    func echoReply(_ frame: RawSpan, from source: UInt128) -> [UInt8] {
        let start = Int(packet.transportOffset)
        let body = frame.extracting(start + 8..<start + Int(packet.transportLength))
        let message = PacketBuilder.ICMPMessage(
            type: packet.family == .ipv4 ? 0 : 129, code: packet.icmpCode,
            rest: frame.uint32(at: start + 4), payload: body.withUnsafeBytes { Array($0) })
        var builder = builder(packet.family == .ipv4 ? .icmp(message) : .icmpv6(message), from: source)
        builder.trafficClass = packet.trafficClass
        return builder.bytes()
    }

    private func builder(_ transport: PacketBuilder.Transport, from source: UInt128) -> PacketBuilder {
        PacketBuilder(
            source: IPAddress(family: packet.family, bits: source),
            destination: IPAddress(family: packet.family, bits: packet.source), transport)
    }

    /// The packet's first bytes, with the hop limit that it has by now, and zeros for what the capture lacks.
    private func quote(_ frame: RawSpan, _ limit: Int) -> [UInt8] {
        let start = Int(packet.networkOffset)
        let count = min(limit, Int(packet.totalLength))
        let captured = min(count, frame.byteCount - start)
        var quoted = frame.extracting(start..<start + captured).withUnsafeBytes { Array($0) }
        quoted += repeatElement(0, count: count - captured)
        if packet.family == .ipv6 {
            quoted[7] = packet.hopLimit
        } else if quoted[8] != packet.hopLimit {
            quoted[8] = packet.hopLimit
            let headerLength = min(Int(packet.transportOffset) - start, count)
            quoted.set(0, at: 10)
            let sum = InternetChecksum.sum(quoted.span.bytes, from: 0, count: headerLength)
            quoted.set(~InternetChecksum.fold(sum), at: 10)
        }
        return quoted
    }
}
