extension FlowView {
    /// The connection of a packet of which somebody only says the state: one that the packet belongs to in its
    /// original direction, without address translation, and that expires at once.
    public init(assuming state: ConnectionState, for packet: Packet) {
        self.init(state: state, family: packet.family)
        switch state {
        case .invalid, .untracked: return
        case .new: break
        case .established: status = [.seenReply, .confirmed]
        case .related: status = .expected
        }
        exists = true
        let isICMP = packet.transportProtocol == .icmp || packet.transportProtocol == .icmpv6
        let (first, second) =
            isICMP
            ? (packet.icmpIdentifier, UInt16(packet.icmpType) << 8 | UInt16(packet.icmpCode))
            : (packet.sourcePort, packet.destinationPort)
        original = FlowTuple(
            family: packet.family, transportProtocol: packet.transportProtocol, source: packet.source,
            destination: packet.destination, sourcePort: first, destinationPort: second)
        reply = FlowTuple(
            family: packet.family, transportProtocol: packet.transportProtocol, source: packet.destination,
            destination: packet.source, sourcePort: isICMP ? first : second,
            destinationPort: isICMP ? second : first)
    }
}
