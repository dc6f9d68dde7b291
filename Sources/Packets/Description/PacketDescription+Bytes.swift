extension PacketDescription {
    /// The packet as bytes from its IP header on, with right checksums; the payload is zeros. Of a cut header, the
    /// bytes end where it does.
    public func bytes() -> [UInt8] {
        let length = Int(totalLength ?? UInt32(headersLength))
        let payload = [UInt8](repeating: 0, count: max(0, length - headersLength))
        var builder = PacketBuilder(source: source, destination: destination, transport(payload: payload))
        if isHeaderCut {
            let bytes = builder.transport.bytes(
                source: source.bits, destination: destination.bits, checksum: nil)
            builder.transport = .other(transportProtocol, Array(bytes.prefix(transportHeaderLength)))
        }
        builder.hopLimit = hopLimit
        builder.trafficClass = trafficClass
        builder.identification = identification
        builder.dontFragment = dontFragment
        builder.moreFragments = moreFragments
        builder.fragmentOffset = fragmentOffset
        return builder.bytes()
    }

    /// What the kernel would keep beside the packet; new interface names get their ids.
    public func metadata(_ interfaces: inout InterfaceTable) -> PacketMetadata {
        var metadata = PacketMetadata()
        metadata.mark = mark
        metadata.inInterface = interfaces.id(of: inInterface ?? "")
        metadata.outInterface = interfaces.id(of: outInterface ?? "")
        metadata.hasMACs = sourceMAC != nil || destinationMAC != nil
        metadata.sourceMAC = sourceMAC ?? MACAddress(bits: 0)
        metadata.destinationMAC = destinationMAC ?? MACAddress(bits: 0)
        return metadata
    }

    private func transport(payload: [UInt8]) -> PacketBuilder.Transport {
        guard fragmentOffset == 0 else { return .other(transportProtocol, payload) }
        let sourcePort = sourcePort ?? 0
        let destinationPort = destinationPort ?? 0
        switch transportProtocol {
        case .tcp:
            return .tcp(
                PacketBuilder.TCPSegment(
                    from: sourcePort, to: destinationPort, flags: tcpFlags ?? [], sequence: tcpSequence ?? 0,
                    acknowledgement: tcpAcknowledgement ?? 0, window: tcpWindow ?? 65535, payload: payload))
        case .udp:
            return .udp(PacketBuilder.UDPDatagram(from: sourcePort, to: destinationPort, payload: payload))
        case .udpLite:
            return .udpLite(
                PacketBuilder.UDPDatagram(from: sourcePort, to: destinationPort, payload: payload))
        case .sctp:
            return .sctp(PacketBuilder.SCTPPacket(from: sourcePort, to: destinationPort, chunks: payload))
        case .icmp:
            return .icmp(
                PacketBuilder.ICMPMessage(type: icmpType ?? 0, code: icmpCode ?? 0, payload: payload))
        case .icmpv6:
            return .icmpv6(
                PacketBuilder.ICMPMessage(type: icmpType ?? 0, code: icmpCode ?? 0, payload: payload))
        case .dccp:
            // Data offset 3 words; a request (type 0) with a short sequence number; no checksum is made.
            var header: [UInt8] = []
            header.append(bigEndian: UInt64(sourcePort), bytes: 2)
            header.append(bigEndian: UInt64(destinationPort), bytes: 2)
            header += [3, 0, 0, 0, 0, 0, 0, 0]
            return .other(.dccp, header + payload)
        default: return .other(transportProtocol, payload)
        }
    }
}
