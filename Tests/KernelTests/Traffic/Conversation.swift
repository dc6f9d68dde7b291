import Packets

/// Two ends, what each of them calls the other, and how far they have come.
struct Conversation {
    /// An address with a port, or an ICMP identifier.
    struct End: Hashable {
        var address: UInt128
        var port: UInt16
    }

    var transport: IPProtocol
    var client: End
    /// Whom the client talks to.
    var server: End
    /// Who answers, and to whom: what translation made of the client's packets.
    var answering: End
    var answered: End
    /// Sequence numbers to come, of the client and of the server.
    var sequences: (UInt32, UInt32)
    var step = 0
    /// What an end sent last, as it left the firewall or would have left it.
    var last: [UInt8]?
    /// Of the last packet, to send it again.
    var retransmission: PacketBuilder?
    /// SCTP's verification tags, TCP's timestamps.
    var tags: (UInt32, UInt32)

    init(_ transport: IPProtocol, client: End, server: End, sequences: (UInt32, UInt32)) {
        self.transport = transport
        self.client = client
        self.server = server
        answering = server
        answered = client
        self.sequences = sequences
        tags = (sequences.1 | 1, sequences.0 | 1)
    }

    func ends(isReply: Bool) -> (from: End, to: End) {
        isReply ? (answering, answered) : (client, server)
    }

    /// Answers go to where the packet came from, as the other end sees it.
    mutating func learn(_ outcome: [UInt8], _ family: AddressFamily) {
        last = outcome
        var packet = Packet(family: family)
        let fault = PacketDecoder(checksAddressScope: false).decode(
            outcome.span.bytes, family: family, networkOffset: 0, originalLength: outcome.count, into: &packet
        )
        guard fault == nil, packet.transportProtocol == transport, !packet.isLaterFragment else { return }
        answering.address = packet.destination
        answered.address = packet.source
        let isICMP = transport == .icmp || transport == .icmpv6
        if isICMP {
            let start = Int(packet.transportOffset)
            guard outcome.count >= start + 8 else { return }
            answered.port = UInt16(outcome[start + 4]) << 8 | UInt16(outcome[start + 5])
        } else if packet.flags.contains(.hasPorts) {
            answering.port = packet.destinationPort
            answered.port = packet.sourcePort
        }
    }
}
