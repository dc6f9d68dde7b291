internal import Conntrack
public import Packets

/// Ports and identifiers over which the kernel draws lots. Answers in the capture show what it drew.
extension Firewall {
    /// What answers to the packet look like that was processed last, if its connection's source port or identifier was
    /// drawn for it.
    public var drawnAnswers: FlowTuple? { drawn?.flow.reply }

    /// Takes the port that the kernel drew; `outcome` gets it, too.
    /// - Returns: false if it can't be that one.
    public mutating func settleDraw(_ port: UInt16, at now: Timestamp) -> Bool {
        guard let drawn, connections.redraw(port, for: drawn, at: now) != nil else { return false }
        self.drawn = nil
        guard let old = outcome, let first = old.first else { return true }
        let family: AddressFamily = first >> 4 == 4 ? .ipv4 : .ipv6
        var packet = Packet(family: family)
        let fault = PacketDecoder(verifiesHeaderChecksum: false, checksAddressScope: false).decode(
            old.span.bytes, family: family, networkOffset: 0, originalLength: old.count, into: &packet)
        guard fault == nil else { return true }
        var translation = PacketTranslation(packet.transportProtocol)
        translation.source = PacketTranslation.End(address: packet.source, port: port)
        packet.take(translation)
        outcome = PacketRewriter.packet(packet, from: old.span.bytes)
        return true
    }
}
