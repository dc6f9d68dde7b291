internal import Packets

/// Amanda (`nf_conntrack_amanda.c`, `nf_nat_amanda.c`): the server connects to the ports that its client answers with.
enum AmandaHelper: ConnectionHelper {
    static let name = HelperName.amanda
    static let policies = [ExpectationPolicy(maximum: 4, timeout: 180)]
    /// Answers may take long.
    private static let masterTimeout: UInt32 = 300

    static func help(_ packet: inout HelpedPacket, _ table: inout ConnectionTable) -> HelperVerdict {
        guard packet.direction == .reply else { return .accept }
        table.connections[packet.entry].expire(in: masterTimeout, from: packet.now)
        guard let line = AmandaGrammar.line(packet.payload) else { return .accept }
        for word in AmandaGrammar.words {
            switch AmandaGrammar.port(word, packet.payload, line: line) {
            case .none: continue
            case .unreadable: return .accept
            case .port(let port): guard expect(port, &packet, &table) else { return .drop }
            }
        }
        return .accept
    }

    private static func expect(
        _ port: AmandaGrammar.Port, _ packet: inout HelpedPacket, _ table: inout ConnectionTable
    ) -> Bool {
        let tuple = table.connections[packet.entry][.original]
        var expectation = table.expectation(
            from: tuple.source, nil, to: tuple.destination, port.number, .tcp, of: packet.entry)
        guard table.isTranslated(packet.entry) else {
            return (try? table.expect(expectation, at: packet.now)) != nil
        }
        expectation.savedPort = port.number
        expectation.direction = .original
        expectation.follower = .followMaster
        guard let known = table.expectFreePort(&expectation, from: port.number, at: packet.now) else {
            return false
        }
        let text = Array(String(expectation.tuple.destinationPort).utf8)
        guard table.replace(port.range, of: &packet, with: text) else {
            table.unexpect(known)
            return false
        }
        return true
    }
}
