import Packets

/// A packet made by hand: the decoded struct and the bytes that tracking reads, without a link layer.
struct TestPacket {
    var packet: Packet
    var bytes: [UInt8]
    var hasBadChecksum = false

    init(
        family: AddressFamily = .ipv4, _ transportProtocol: IPProtocol, from source: UInt128,
        to destination: UInt128,
        transport: [UInt8], hopLimit: UInt8 = 64
    ) {
        packet = Packet(family: family)
        packet.source = source
        packet.destination = destination
        packet.transportProtocol = transportProtocol
        packet.hopLimit = hopLimit
        if family == .ipv4 {
            bytes =
                [0x45, 0] + be16(20 + transport.count) + [
                    0, 1, 0, 0, hopLimit, transportProtocol.rawValue, 0, 0,
                ]
            bytes += be32(UInt32(truncatingIfNeeded: source)) + be32(UInt32(truncatingIfNeeded: destination))
        } else {
            bytes = [0x60, 0, 0, 0] + be16(transport.count) + [transportProtocol.rawValue, hopLimit]
            bytes += be128(source) + be128(destination)
        }
        packet.transportOffset = UInt32(bytes.count)
        bytes += transport
        packet.totalLength = UInt32(bytes.count)
        packet.transportLength = UInt32(transport.count)
        packet.transportCaptured = UInt32(transport.count)
        decode(transport)
    }

    /// The fields that the decoder would fill.
    private mutating func decode(_ header: [UInt8]) {
        func field16(_ at: Int) -> UInt16 { UInt16(header[at]) << 8 | UInt16(header[at + 1]) }
        func field32(_ at: Int) -> UInt32 { UInt32(field16(at)) << 16 | UInt32(field16(at + 2)) }
        let fixed: Int
        switch packet.transportProtocol {
        case .tcp: fixed = 20
        case .sctp: fixed = 12
        case .udp, .udpLite, .icmp, .icmpv6: fixed = 8
        default: fixed = 0
        }
        if header.count >= fixed { packet.flags.insert(.hasTransportHeader) }
        switch packet.transportProtocol {
        case .tcp, .udp, .udpLite, .sctp:
            guard header.count >= 4 else { return }
            packet.flags.insert(.hasPorts)
            packet.sourcePort = field16(0)
            packet.destinationPort = field16(2)
            guard packet.transportProtocol == .tcp, header.count >= 20 else { return }
            packet.tcpSequence = field32(4)
            packet.tcpAcknowledgement = field32(8)
            packet.tcpHeaderLength = (header[12] >> 4) * 4
            packet.tcpFlags = TCPFlags(rawValue: header[13])
            packet.tcpWindow = field16(14)
        case .icmp, .icmpv6:
            guard header.count >= 8 else { return }
            packet.icmpType = header[0]
            packet.icmpCode = header[1]
            packet.icmpIdentifier = field16(4)
        default:
            break
        }
    }
}

func be16(_ value: Int) -> [UInt8] {
    [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
}

func be32(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) }
}

func be128(_ value: UInt128) -> [UInt8] {
    (0..<16).map { UInt8(truncatingIfNeeded: value >> (120 - 8 * UInt128($0))) }
}
