internal import Conntrack
internal import Packets
internal import RuleModel

/// Whether a REJECT answers a packet that it drops (`nf_reject_ipv4.c`, `nf_reject_ipv6.c`, `icmp_send`,
/// `icmp6_send`).
struct RejectQuestion {
    var kind: RejectKind
    /// The packet went to one host.
    var isUnicast: Bool
    /// The host itself sent the packet: its checksum isn't looked at.
    var isOwn: Bool
    var checksums: ChecksumTrust

    func isAnswered(_ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan)
        -> Bool
    {
        // A checksum must add up, and that of a first fragment seldom does.
        // Of the host's own, only what it sends in pieces by itself is without a card's promise of a checksum.
        let isTrusted = isOwn && !(packet.family == .ipv6 && packet.flags.contains(.moreFragments))
        guard isUnicast, !packet.isLaterFragment, !isBare(packet),
            isTrusted || hasGoodChecksum(packet, bytes)
        else { return false }
        if kind == .tcpReset {
            guard packet.transportProtocol == .tcp, packet.flags.contains(.hasTransportHeader),
                !packet.tcpFlags.contains(.rst)
            else { return false }
            return packet.family == .ipv4 || packet.isIPv6SourceUnicast
        }
        guard metadata.packetType == .host || isOwn else { return false }
        switch packet.family {
        case .ipv4: return !packet.isICMPError
        case .ipv6: return packet.isIPv6SourceUnicast && !packet.isICMPv6Error
        }
    }

    /// `reject6_csum_ok` wants an upper layer.
    private func isBare(_ packet: Packet) -> Bool {
        guard packet.family == .ipv6 else { return false }
        return packet.transportProtocol == .ipv6NoNext || packet.flags.contains(.brokenHeaderChain)
            || packet.transportLength == 0
    }

    private func hasGoodChecksum(_ packet: Packet, _ bytes: RawSpan) -> Bool {
        if packet.flags.contains(.moreFragments), !RejectQuestion.isUnverified(packet.transportProtocol) {
            // `nf_ip_checksum` sums up what is there: the fragment alone.
            var alone = packet
            alone.flags.remove(.moreFragments)
            return packet.family == .ipv4 && alone.verifyTransportChecksum(bytes) == .valid
        }
        if checksums == .ignore || RejectQuestion.isUnverified(packet.transportProtocol) { return true }
        // Nor does what is left of a header that is cut short.
        let isCut =
            !packet.flags.contains(.hasTransportHeader) && packet.transportCaptured == packet.transportLength
        if isCut, [.tcp, .udp, .icmp, .icmpv6].contains(packet.transportProtocol) { return false }
        // Linux 6.16 gave DCCP up: to it, that is any other protocol.
        if packet.transportProtocol == .dccp || packet.transportProtocol.checksumOffset == nil {
            return hasPlainSum(packet, bytes)
        }
        return checksums.verdict(packet.verifyTransportChecksum(bytes)) != .bad
    }

    /// Whatever else the upper layer is, it has to add up as if it had a checksum (`nf_ip_checksum`, `nf_ip6_checksum`).
    private func hasPlainSum(_ packet: Packet, _ bytes: RawSpan) -> Bool {
        let length = Int(packet.transportLength)
        let start = Int(packet.transportOffset)
        guard Int(packet.transportCaptured) == length, start + length <= bytes.byteCount else { return true }
        var sum = InternetChecksum.sum(bytes, from: start, count: length)
        if packet.family == .ipv6 {
            sum &+= InternetChecksum.pseudoHeaderSum(
                source: packet.source, destination: packet.destination, packet.transportProtocol,
                length: length)
        }
        return InternetChecksum.fold(sum) == 0xffff
    }

    /// `nf_reject_verify_csum`
    private static func isUnverified(_ transport: IPProtocol) -> Bool {
        switch transport {
        case .gre, .ah, .esp, .sctp, .udpLite: true
        default: false
        }
    }
}

extension Packet {
    var isIPv6SourceUnicast: Bool { source != 0 && source >> 120 != 0xff }

    /// Errors, and types that the kernel takes for some (`icmp_pointers` in `net/ipv4/icmp.c`): unassigned ones, and those of
    /// router discovery.
    var isICMPError: Bool {
        guard transportProtocol == .icmp else { return false }
        switch icmpType {
        case 0, 8, 13...18: return false
        default: return true
        }
    }

    var isICMPv6Error: Bool {
        transportProtocol == .icmpv6 && (!flags.contains(.hasTransportHeader) || icmpType & 0x80 == 0)
    }
}
