/// Writes into a frame what its packet has become on its way: addresses, ports, ICMP identifier, hop limit, traffic class.
/// Checksums change with them, so that a wrong one stays wrong, as in the kernel; only SCTP's is computed anew.
public struct PacketRewriter {
    let packet: Packet
    var bytes: [UInt8]
    private let start: Int
    let transport: Int
    /// Behind the last byte of the packet that there is.
    let end: Int

    /// The frame as it is now; offsets stay those of `packet`.
    /// - Parameters:
    ///   - packet: decoded from `frame`, and changed since.
    ///   - translation: the translation behind those changes; needed if the packet is an ICMP error or GRE.
    public static func frame(
        of packet: Packet, _ translation: PacketTranslation?, from frame: RawSpan
    ) -> [UInt8] {
        var rewriter = PacketRewriter(packet, frame)
        if let translation, translation.isError { rewriter.rewriteQuoted(translation) }
        rewriter.rewriteTransport()
        if let translation { rewriter.rewriteCall(translation) }
        rewriter.rewriteHeader()
        return rewriter.bytes
    }

    /// The IP packet alone, as far as it was captured.
    public static func packet(_ packet: Packet, from frame: RawSpan) -> [UInt8] {
        let whole = PacketRewriter.frame(of: packet, nil, from: frame)
        let start = Int(packet.networkOffset)
        return Array(whole[start..<min(start + Int(packet.totalLength), whole.count)])
    }

    private init(_ packet: Packet, _ frame: RawSpan) {
        self.packet = packet
        bytes = frame.withUnsafeBytes { Array($0) }
        start = Int(packet.networkOffset)
        transport = Int(packet.transportOffset)
        end = min(transport + Int(packet.transportCaptured), bytes.count)
    }

    // MARK: Upper layer

    private mutating func rewriteTransport() {
        guard packet.flags.contains(.hasTransportHeader) || packet.flags.contains(.hasPorts) else { return }
        let old = header(at: start, packet.family)
        var change = ChecksumChange()
        change.replace(old.source, packet.source)
        change.replace(old.destination, packet.destination)
        let isAddressChanged = !change.isNone
        switch packet.transportProtocol {
        case .tcp, .udp, .udpLite, .sctp:
            guard transport + 4 <= end else { return }
            change.replace(bytes.uint16(at: transport), packet.sourcePort)
            change.replace(bytes.uint16(at: transport + 2), packet.destinationPort)
        case .icmp, .icmpv6:
            guard transport + 8 <= end else { return }
            if packet.transportProtocol == .icmp { change = ChecksumChange() }
            if packet.icmpType.isTranslatedQuery(packet.transportProtocol) {
                change.replace(bytes.uint16(at: transport + 4), packet.icmpIdentifier)
            }
        default: return
        }
        guard isAddressChanged || !change.isNone else { return }
        let isOffloaded = wasOffloaded(old)
        if packet.transportProtocol.hasTranslatedPorts {
            bytes.set(packet.sourcePort, at: transport)
            bytes.set(packet.destinationPort, at: transport + 2)
        } else if packet.icmpType.isTranslatedQuery(packet.transportProtocol) {
            bytes.set(packet.icmpIdentifier, at: transport + 4)
        }
        if isOffloaded {
            completePseudoHeader()
        } else {
            updateChecksum(packet.transportProtocol, at: transport, change)
        }
    }

    /// The call to which a GRE packet of version 1 (PPTP) belongs (`gre_manip_pkt`).
    private mutating func rewriteCall(_ translation: PacketTranslation) {
        guard translation.transportProtocol == .gre, !translation.isError,
            let call = translation.destination?.port, transport + 8 <= end, bytes[transport + 1] & 7 == 1
        else { return }
        bytes.set(call, at: transport + 6)
    }

    private func wasOffloaded(_ old: Addresses) -> Bool {
        guard packet.transportProtocol == .tcp || packet.transportProtocol == .udp else { return false }
        var before = packet
        before.source = old.source
        before.destination = old.destination
        return before.verifyTransportChecksum(bytes.span.bytes) == .offloaded
    }

    /// The network card adds the rest.
    private mutating func completePseudoHeader() {
        let sum = InternetChecksum.pseudoHeaderSum(
            source: packet.source, destination: packet.destination, packet.transportProtocol,
            length: Int(packet.transportLength))
        bytes.set(
            InternetChecksum.fold(sum), at: transport + (packet.transportProtocol.checksumOffset ?? 0))
    }

    /// Updates the checksum of an upper-layer header, which may be the quoted packet's.
    mutating func updateChecksum(
        _ transportProtocol: IPProtocol, at offset: Int, _ change: ChecksumChange
    ) {
        guard let place = transportProtocol.checksumOffset.map({ offset + $0 }), place + 2 <= end else {
            return
        }
        switch transportProtocol {
        case .sctp:
            guard place + 4 <= end, end == transport + Int(packet.transportLength) else { return }
            let sum = CRC32c.checksum(bytes.span.bytes, from: offset, count: end - offset, zeroed: place)
            bytes.set(UInt16(truncatingIfNeeded: sum.byteSwapped >> 16), at: place)
            bytes.set(UInt16(truncatingIfNeeded: sum.byteSwapped), at: place + 2)
        case .udp where bytes.uint16(at: place) == 0: break
        case .udp, .udpLite:
            let sum = change.applied(to: bytes.uint16(at: place))
            bytes.set(sum == 0 ? 0xffff : sum, at: place)
        case .tcp where offset + 20 > end: break
        case .tcp, .icmp, .icmpv6: bytes.set(change.applied(to: bytes.uint16(at: place)), at: place)
        default: break
        }
    }

    // MARK: IP header

    private mutating func rewriteHeader() {
        let old = header(at: start, packet.family)
        let isTranslated = old.source != packet.source || old.destination != packet.destination
        switch packet.family {
        case .ipv4:
            guard
                isTranslated || bytes[start + 8] != packet.hopLimit || bytes[start + 1] != packet.trafficClass
            else { return }
            bytes[start + 1] = packet.trafficClass
            bytes[start + 8] = packet.hopLimit
            write(packet.source, packet.destination, at: start, .ipv4)
            completeHeaderChecksum(at: start, before: transport)
        case .ipv6:
            bytes[start] = bytes[start] & 0xf0 | packet.trafficClass >> 4
            bytes[start + 1] = packet.trafficClass << 4 | bytes[start + 1] & 0x0f
            bytes[start + 7] = packet.hopLimit
            if isTranslated { write(packet.source, packet.destination, at: start, .ipv6) }
        }
    }

    private mutating func completeHeaderChecksum(at offset: Int, before end: Int) {
        bytes.set(0, at: offset + 10)
        let sum = InternetChecksum.sum(bytes.span.bytes, from: offset, count: min(end, self.end) - offset)
        bytes.set(~InternetChecksum.fold(sum), at: offset + 10)
    }

    // MARK: -

    struct Addresses {
        var source: UInt128
        var destination: UInt128
    }

    func header(at offset: Int, _ family: AddressFamily) -> Addresses {
        let span = bytes.span.bytes
        return family == .ipv4
            ? Addresses(
                source: UInt128(span.uint32(at: offset + 12)),
                destination: UInt128(span.uint32(at: offset + 16)))
            : Addresses(source: span.uint128(at: offset + 8), destination: span.uint128(at: offset + 24))
    }

    mutating func write(
        _ source: UInt128, _ destination: UInt128, at offset: Int, _ family: AddressFamily
    ) {
        let (first, length) = family == .ipv4 ? (12, 4) : (8, 16)
        for index in 0..<length {
            let shift = UInt128(8 * (length - 1 - index))
            bytes[offset + first + index] = UInt8(truncatingIfNeeded: source >> shift)
            bytes[offset + first + length + index] = UInt8(truncatingIfNeeded: destination >> shift)
        }
    }
}

extension [UInt8] {
    func uint16(at offset: Int) -> UInt16 { span.bytes.uint16(at: offset) }
}
