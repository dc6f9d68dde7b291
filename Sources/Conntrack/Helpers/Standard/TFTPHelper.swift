internal import Packets

/// TFTP (`nf_conntrack_tftp.c`, `nf_nat_tftp.c`): the server answers a request from another port. There is nothing to
/// rewrite.
enum TFTPHelper: ConnectionHelper {
    static let name = HelperName.tftp
    static let policies = [ExpectationPolicy(maximum: 1, timeout: 5 * 60)]

    static func help(_ packet: inout HelpedPacket, _ table: inout ConnectionTable) -> HelperVerdict {
        guard isRequest(packet.payload) else { return .accept }
        let connection = table.connections[packet.entry]
        let answers = connection[.reply]
        var expectation = table.expectation(
            from: answers.source, nil, to: answers.destination, answers.destinationPort, .udp,
            of: packet.entry)
        if table.isTranslated(packet.entry) {
            expectation.savedPort = connection[.original].sourcePort
            expectation.direction = .reply
            expectation.follower = .followMaster
        }
        return (try? table.expect(expectation, at: packet.now)) == nil ? .drop : .accept
    }

    /// RRQ or WRQ (RFC 1350, 5).
    static func isRequest(_ payload: ArraySlice<UInt8>) -> Bool {
        payload.count >= 2 && payload.prefix(2).elementsEqual([0, 1])
            || payload.count >= 2 && payload.prefix(2).elementsEqual([0, 2])
    }
}
