/// What the checksum of a packet's upper layer turned out to be.
public enum TransportChecksum: String, Sendable, CaseIterable, BitwiseCopyable {
    case valid
    case invalid
    /// The protocol has none, or the sender left it out: UDP's zero. (RFC 8200 forbids that in IPv6; connection
    /// tracking accepts it.)
    case absent
    /// A fragment, a packet cut by the capture, a header cut short.
    case unverifiable
    /// The field holds what a host leaves there for its network card to complete: the folded sum of the
    /// pseudo-header (Linux `CHECKSUM_PARTIAL`), or for SCTP zero. A capture on the sending host shows it, and one
    /// behind receive offload (GRO) too.
    case offloaded
}

extension Packet {
    /// Verifies as connection tracking does (`nf_checksum`): over all that the IP header says is there, with the
    /// addresses of the IP header.
    /// - Parameters:
    ///   - bytes: the frame this packet was decoded from.
    ///   - pseudoHeaderProtocol: the protocol that the pseudo-header names; nil for the packet's own.
    public func verifyTransportChecksum(
        _ bytes: RawSpan, pseudoHeaderProtocol: IPProtocol? = nil
    ) -> TransportChecksum {
        guard let fieldOffset = transportProtocol.checksumOffset else { return .absent }
        guard !isFragment, flags.contains(.hasTransportHeader), transportCaptured == transportLength
        else { return .unverifiable }
        let offset = Int(transportOffset)
        let length = Int(transportLength)
        let field = bytes.uint16(at: offset + fieldOffset)

        switch transportProtocol {
        case .sctp:
            let stored = bytes.uint32(at: offset + fieldOffset).byteSwapped
            let computed = CRC32c.checksum(bytes, from: offset, count: length, zeroed: offset + fieldOffset)
            return stored == computed ? .valid : stored == 0 ? .offloaded : .invalid
        case .icmp:
            return InternetChecksum.fold(InternetChecksum.sum(bytes, from: offset, count: length)) == 0xffff
                ? .valid : .invalid
        case .udp: if field == 0 { return .absent }
        case .udpLite: if field == 0 { return .invalid }
        default: break
        }

        guard let coverage = checksumCoverage(bytes, length: length) else { return .invalid }
        let pseudoHeader = InternetChecksum.pseudoHeaderSum(
            source: source, destination: destination, pseudoHeaderProtocol ?? transportProtocol,
            length: length)
        let sum = InternetChecksum.sum(bytes, from: offset, count: coverage) &+ pseudoHeader
        if InternetChecksum.fold(sum) == 0xffff { return .valid }
        if field == InternetChecksum.fold(pseudoHeader) { return .offloaded }
        // Segmentation offload outside Linux leaves the length out: the card adds each segment's.
        if transportProtocol == .tcp, field == InternetChecksum.fold(pseudoHeader &- UInt64(length)) {
            return .offloaded
        }
        return .invalid
    }

    /// How many bytes the checksum covers; nil if the header's word about it makes no sense.
    private func checksumCoverage(_ bytes: RawSpan, length: Int) -> Int? {
        let offset = Int(transportOffset)
        switch transportProtocol {
        case .udpLite:  // RFC 3828, 3.1
            let coverage = Int(bytes.uint16(at: offset + 4))
            return coverage == 0 ? length : coverage >= 8 && coverage <= length ? coverage : nil
        case .dccp:  // RFC 4340, 9.2
            let words = Int(bytes.byte(at: offset + 5) & 0x0f)
            let coverage = words == 0 ? length : Int(bytes.byte(at: offset + 4)) * 4 + (words - 1) * 4
            return coverage >= 12 && coverage <= length ? coverage : nil
        default: return length
        }
    }
}

extension IPProtocol {
    /// Where in the upper-layer header the checksum is that `verifyTransportChecksum` knows.
    public var checksumOffset: Int? {
        switch self {
        case .tcp: 16
        case .udp, .udpLite, .dccp: 6
        case .icmp, .icmpv6: 2
        case .sctp: 8
        default: nil
        }
    }
}
