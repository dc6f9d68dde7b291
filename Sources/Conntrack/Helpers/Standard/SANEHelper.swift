internal import Packets

/// SANE, scanners over the network (`nf_conntrack_sane.c`): the port in the answer to `SANE_NET_START`. It has no
/// translation.
enum SANEHelper: ConnectionHelper {
    static let name = HelperName.sane
    static let policies = [ExpectationPolicy(maximum: 1, timeout: 5 * 60)]

    static func help(_ packet: inout HelpedPacket, _ table: inout ConnectionTable) -> HelperVerdict {
        let payload = Array(packet.payload)
        guard packet.state == .established, !payload.isEmpty else { return .accept }
        if packet.direction == .original {
            if payload.count == 8 {
                table.remember(.sane(isStarting: payload.prefix(4) == [0, 0, 0, 7]), of: packet.entry)
            }
            return .accept
        }
        guard case .sane(isStarting: true) = table.memory(of: packet.entry) else { return .accept }
        table.remember(.sane(isStarting: false), of: packet.entry)
        guard let port = port(payload) else { return .accept }
        let tuple = table.connections[packet.entry][.original]
        let expectation = table.expectation(
            from: tuple.source, nil, to: tuple.destination, port, .tcp, of: packet.entry)
        return (try? table.expect(expectation, at: packet.now)) == nil ? .drop : .accept
    }

    /// Behind a status of 0 and two bytes of 0; nil for a refusal.
    static func port(_ payload: [UInt8]) -> UInt16? {
        guard payload.count >= 8, payload.prefix(6).allSatisfy({ $0 == 0 }) else { return nil }
        return UInt16(payload[6]) << 8 | UInt16(payload[7])
    }
}
