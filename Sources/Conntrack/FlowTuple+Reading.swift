internal import Packets

/// The part of a frame that holds an upper-layer header and its payload, as offsets from the frame's first
/// byte.
struct TransportBytes: BitwiseCopyable {
    var start: Int
    /// Behind the last byte, by the IP header's word; the capture may hold fewer.
    var end: Int

    init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }

    init(of packet: Packet) {
        start = Int(packet.transportOffset)
        end = start + Int(packet.transportLength)
    }

    var length: Int { end - start }
}

extension FlowTuple {
    /// The tuple of a decoded packet (`nf_ct_get_tuple`).
    init(of packet: Packet, bytes: RawSpan) throws(UntrackablePacket) {
        switch packet.transportProtocol {
        case .tcp, .udp, .udpLite, .sctp:
            guard packet.flags.contains(.hasPorts) else { throw UntrackablePacket(reason: .truncatedHeader) }
            self.init(
                family: packet.family, transportProtocol: packet.transportProtocol, source: packet.source,
                destination: packet.destination, sourcePort: packet.sourcePort,
                destinationPort: packet.destinationPort)
        default:
            try self.init(
                family: packet.family, transportProtocol: packet.transportProtocol, source: packet.source,
                destination: packet.destination, transport: TransportBytes(of: packet), bytes: bytes)
        }
    }

    /// The tuple of a packet of which only addresses and protocol are decoded.
    init(
        family: AddressFamily, transportProtocol: IPProtocol, source: UInt128, destination: UInt128,
        transport: TransportBytes, bytes: RawSpan
    ) throws(UntrackablePacket) {
        self.init(
            family: family, transportProtocol: transportProtocol, source: source, destination: destination,
            sourcePort: 0, destinationPort: 0)
        switch transportProtocol {
        case .tcp, .udp, .udpLite, .sctp:
            guard let sourcePort = bytes.uint16(at: transport.start, before: transport.end),
                let destinationPort = bytes.uint16(at: transport.start + 2, before: transport.end)
            else { throw UntrackablePacket(reason: .truncatedHeader) }
            self.sourcePort = sourcePort
            self.destinationPort = destinationPort
        case .icmp, .icmpv6:
            guard let typeAndCode = bytes.uint16(at: transport.start, before: transport.end),
                let identifier = bytes.uint32(at: transport.start + 4, before: transport.end)
            else { throw UntrackablePacket(reason: .truncatedHeader) }
            self.sourcePort = UInt16(truncatingIfNeeded: identifier >> 16)
            self.destinationPort = typeAndCode
        case .gre:
            self.destinationPort = try GRETracker.key(transport, bytes)
        default:
            break
        }
    }
}

/// A packet that has no tuple, and therefore no connection.
struct UntrackablePacket: Error {
    var reason: InvalidReason
}
