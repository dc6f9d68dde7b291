internal import Packets

/// NetBIOS name queries (`nf_conntrack_netbios_ns.c`, `nf_conntrack_broadcast.c`): of the host's own broadcast, anybody in
/// the network of the interface may answer, from the service's port.
enum NetBIOSHelper: ConnectionHelper {
    static let name = HelperName.netBIOS
    private static let timeout: UInt32 = 3
    static let policies = [ExpectationPolicy(maximum: 1, timeout: timeout)]
    private static let port: UInt16 = 137

    static func help(_ packet: inout HelpedPacket, _ table: inout ConnectionTable) -> HelperVerdict {
        guard packet.direction == .original, let mask = packet.broadcastMask else { return .accept }
        let answers = table.connections[packet.entry][.reply]
        var expectation = table.expectation(
            from: answers.source, port, to: answers.destination, answers.destinationPort, .udp,
            of: packet.entry)
        expectation.sourceMask = mask
        expectation.isPermanent = true
        _ = try? table.expect(expectation, at: packet.now)
        table.connections[packet.entry].expire(in: timeout, from: packet.now)
        return .accept
    }
}
