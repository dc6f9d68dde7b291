internal import Packets

/// IRC (`nf_conntrack_irc.c`, `nf_nat_irc.c`): what a client offers by DCC, anybody may fetch.
enum IRCHelper: ConnectionHelper {
    static let name = HelperName.irc
    static let policies = [ExpectationPolicy(maximum: 8, timeout: 300)]

    static func help(_ packet: inout HelpedPacket, _ table: inout ConnectionTable) -> HelperVerdict {
        guard packet.direction == .original, packet.state == .established,
            let offer = IRCGrammar.offer(packet.payload)
        else { return .accept }
        let connection = table.connections[packet.entry]
        let own = UInt128(offer.address)
        // A client may know its translated address.
        guard offer.port != 0, own == connection[.original].source || own == connection[.reply].destination
        else { return .accept }
        var expectation = table.expectation(
            from: nil, nil, to: connection[.reply].destination, offer.port, .tcp, of: packet.entry)
        guard table.isTranslated(packet.entry) else {
            return (try? table.expect(expectation, at: packet.now)) == nil ? .drop : .accept
        }
        expectation.savedPort = offer.port
        expectation.direction = .reply
        expectation.follower = .followMaster
        guard let known = table.expectFreePort(&expectation, from: offer.port, at: packet.now) else {
            return .drop
        }
        let text = "\(connection[.reply].destination) \(expectation.tuple.destinationPort)"
        guard table.replace(offer.range, of: &packet, with: Array(text.utf8)) else {
            table.unexpect(known)
            return .drop
        }
        return .accept
    }
}
