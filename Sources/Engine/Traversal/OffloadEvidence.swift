internal import Packets

/// Whether senders on an interface leave checksums to their network cards, as far as TCP and UDP show it.
///
/// An SCTP checksum of zero is what such a sender leaves, and a wrong one from any other. No card that leaves the sums of TCP
/// alone takes over SCTP's.
struct OffloadEvidence {
    private struct Seen: BitwiseCopyable {
        var complete = false
        var offloaded = false
    }

    /// By interface.
    private var seen: [Seen] = []

    /// Learns from a checksum, and corrects what was found of it.
    mutating func judge(
        _ checksum: TransportChecksum, _ transport: IPProtocol, on interface: InterfaceID
    ) -> TransportChecksum {
        let place = Int(interface.rawValue)
        switch (transport, checksum) {
        case (.tcp, .valid), (.udp, .valid), (.tcp, .offloaded), (.udp, .offloaded):
            while seen.count <= place { seen.append(Seen()) }
            if checksum == .valid { seen[place].complete = true } else { seen[place].offloaded = true }
            return checksum
        case (.sctp, .offloaded) where place < seen.count && seen[place].complete && !seen[place].offloaded:
            return .invalid
        default: return checksum
        }
    }
}
