internal import Packets

/// The bytes of the host's answers, as `nf_reject_ipv4.c`, `nf_reject_ipv6.c`, `icmp.c` of IPv4 and IPv6 write
/// them. IPv4 identifications are 0: those of the kernel's ICMP errors are random.
struct AnswerBytes {
    /// The packet that is answered.
    let packet: Packet

    private static let hopLimit: UInt8 = 64
    /// No ICMP error is longer (RFC 1812 4.3.2.3, RFC 4443 2.4 c).
    private static let ipv4Limit = 576
    private static let ipv6Limit = 1280

    /// A reset that the other end believes (RFC 793, 3.4).
    func reset() -> [UInt8] {
        let hasAck = packet.tcpFlags.contains(.ack)
        var acknowledgement: UInt32 = 0
        if !hasAck {
            acknowledgement = packet.tcpSequence &+ (packet.tcpFlags.contains(.syn) ? 1 : 0)
            acknowledgement &+= packet.tcpFlags.contains(.fin) ? 1 : 0
            acknowledgement &+= packet.transportLength &- UInt32(packet.tcpHeaderLength)
        }
        var segment: [UInt8] = []
        segment.append(bigEndian: UInt64(packet.destinationPort), bytes: 2)
        segment.append(bigEndian: UInt64(packet.sourcePort), bytes: 2)
        segment.append(bigEndian: UInt64(hasAck ? packet.tcpAcknowledgement : 0), bytes: 4)
        segment.append(bigEndian: UInt64(acknowledgement), bytes: 4)
        let flags: TCPFlags = hasAck ? .rst : [.rst, .ack]
        segment += [0x50, flags.rawValue, 0, 0, 0, 0, 0, 0]
        seal(&segment, .tcp, checksumAt: 16, from: packet.destination)
        return header(
            .tcp, from: packet.destination, payload: segment.count, trafficClass: 0, dontFragment: true)
            + segment
    }

    /// An ICMP error that quotes as much of the packet as it may.
    /// - Parameters:
    ///   - frame: the packet's.
    ///   - mtu: of the way that the answer takes.
    func error(
        type: UInt8, code: UInt8, field: UInt32, quoting frame: RawSpan, from source: UInt128, mtu: UInt32?
    ) -> [UInt8] {
        var message: [UInt8] = [type, code, 0, 0]
        message.append(bigEndian: UInt64(field), bytes: 4)
        switch packet.family {
        case .ipv4:
            let limit = min(AnswerBytes.ipv4Limit, max(Int(mtu ?? .max), 68))
            message += quote(frame, limit - 28)
            seal(&message, .icmp, checksumAt: 2, from: source)
            // Of the TOS, the old type of service stays; the precedence is "internetwork control".
            return header(
                .icmp, from: source, payload: message.count,
                trafficClass: packet.trafficClass & 0x1e | 0xc0, dontFragment: false) + message
        case .ipv6:
            message += quote(frame, AnswerBytes.ipv6Limit - 48)
            seal(&message, .icmpv6, checksumAt: 2, from: source)
            return header(
                .icmpv6, from: source, payload: message.count, trafficClass: 0, dontFragment: false)
                + message
        }
    }

    /// The packet's first bytes, with the hop limit that it has by now, and zeros for what the capture lacks.
    private func quote(_ frame: RawSpan, _ limit: Int) -> [UInt8] {
        let start = Int(packet.networkOffset)
        let count = min(limit, Int(packet.totalLength))
        let captured = min(count, frame.byteCount - start)
        var quoted = frame.extracting(start..<start + captured).withUnsafeBytes { Array($0) }
        quoted += repeatElement(0, count: count - captured)
        let headerLength = Int(packet.transportOffset) - start
        if packet.family == .ipv6 {
            quoted[7] = packet.hopLimit
        } else if quoted[8] != packet.hopLimit, headerLength <= quoted.count {
            quoted[8] = packet.hopLimit
            quoted.set(0, at: 10)
            let sum = InternetChecksum.sum(quoted.span.bytes, from: 0, count: headerLength)
            quoted.set(~InternetChecksum.fold(sum), at: 10)
        }
        return quoted
    }

    private func header(
        _ transport: IPProtocol, from source: UInt128, payload: Int, trafficClass: UInt8, dontFragment: Bool
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        if packet.family == .ipv4 {
            bytes += [0x45, trafficClass]
            bytes.append(bigEndian: UInt64(20 + payload), bytes: 2)
            bytes += [0, 0, dontFragment ? 0x40 : 0, 0, AnswerBytes.hopLimit, transport.rawValue, 0, 0]
            for address in [source, packet.source] {
                bytes.append(bigEndian: UInt64(truncatingIfNeeded: address), bytes: 4)
            }
            let sum = InternetChecksum.sum(bytes.span.bytes, from: 0, count: bytes.count)
            bytes.set(~InternetChecksum.fold(sum), at: 10)
        } else {
            bytes.append(bigEndian: 6 << 28 | UInt64(trafficClass) << 20, bytes: 4)
            bytes.append(bigEndian: UInt64(payload), bytes: 2)
            bytes += [transport.rawValue, AnswerBytes.hopLimit]
            for address in [source, packet.source] {
                bytes.append(bigEndian: UInt64(truncatingIfNeeded: address >> 64), bytes: 8)
                bytes.append(bigEndian: UInt64(truncatingIfNeeded: address), bytes: 8)
            }
        }
        return bytes
    }

    /// Writes the checksum of the upper layer.
    private func seal(
        _ segment: inout [UInt8], _ transport: IPProtocol, checksumAt offset: Int, from source: UInt128
    ) {
        var sum = InternetChecksum.sum(segment.span.bytes, from: 0, count: segment.count)
        if transport != .icmp {
            sum &+= InternetChecksum.pseudoHeaderSum(
                source: source, destination: packet.source, transport, length: segment.count)
        }
        segment.set(~InternetChecksum.fold(sum), at: offset)
    }
}
