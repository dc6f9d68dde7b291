internal import Conntrack
internal import Engine
public import Packets

extension Replayer {
    /// The port or identifier that the kernel drew for a connection, if a later frame can be the answer to the packet that
    /// began it.
    /// - Parameters:
    ///   - answers: what answers look like, but for that number.
    ///   - opening: the packet, as it arrived.
    public func drawnPort(
        _ frame: Frame, _ bytes: RawSpan, capture: Int, captureInterface: InterfaceID,
        answers: FlowTuple, opening: Packet
    ) -> UInt16? {
        var link = LinkHeader()
        var packet = Packet(family: .ipv4)
        guard case .packet = decoder.decode(frame, bytes, link: &link, packet: &packet),
            packet.family == answers.family, packet.flags.contains(.hasTransportHeader),
            packet.destination == answers.destination,
            placer.place(
                frame, link, packet, capture: capture, captureInterface: captureInterface, host: firewall.host
            ).direction == .arriving
        else { return nil }
        if packet.transportProtocol == (packet.family == .ipv4 ? .icmp : .icmpv6),
            let port = quotedPort(packet, bytes, answers, opening)
        {
            return port
        }
        guard packet.transportProtocol == answers.transportProtocol, packet.source == answers.source else {
            return nil
        }
        switch packet.transportProtocol {
        case .tcp:
            let next = opening.tcpSequence &+ 1
            let isAnswer =
                packet.tcpFlags.contains(.ack)
                && (!opening.tcpFlags.contains(.syn) || packet.tcpAcknowledgement == next)
            return isAnswer && packet.sourcePort == answers.sourcePort ? packet.destinationPort : nil
        case .icmp, .icmpv6:
            return packet.icmpType == UInt8(answers.destinationPort >> 8) ? packet.icmpIdentifier : nil
        default: return packet.sourcePort == answers.sourcePort ? packet.destinationPort : nil
        }
    }

    /// That of the packet that an ICMP error quotes, if it is the opening one: an IPv4 packet keeps its identification.
    private func quotedPort(
        _ packet: Packet, _ bytes: RawSpan, _ answers: FlowTuple, _ opening: Packet
    ) -> UInt16? {
        let inner = Int(packet.transportOffset) + 8
        let end = min(Int(packet.transportOffset) + Int(packet.transportCaptured), bytes.byteCount)
        let isError = packet.family == .ipv4 ? [3, 11, 12].contains(packet.icmpType) : packet.icmpType < 128
        guard isError, inner + (packet.family == .ipv4 ? 20 : 40) <= end else { return nil }
        var quoted = Packet(family: packet.family)
        let fault = PacketDecoder(verifiesHeaderChecksum: false, checksAddressScope: false).decode(
            bytes, family: packet.family, networkOffset: inner, originalLength: .max, into: &quoted)
        guard fault == nil, quoted.transportProtocol == answers.transportProtocol,
            quoted.source == answers.destination, quoted.destination == answers.source,
            packet.family == .ipv6 || quoted.identification == opening.identification
        else { return nil }
        switch quoted.transportProtocol {
        case .tcp, .udp, .udpLite, .sctp:
            let start = Int(quoted.transportOffset)
            guard start + 4 <= end, bytes.uint16(at: start + 2) == answers.sourcePort else { return nil }
            return bytes.uint16(at: start)
        default: return nil
        }
    }
}
