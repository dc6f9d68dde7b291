internal import Packets

/// FTP through address translation (`nf_nat_ftp.c`): the end that is announced becomes the one that the other side sees.
extension FTPHelper {
    /// - Returns: false if no port is free, or the packet would become too long.
    static func translate(
        _ finding: FTPGrammar.Finding, _ expectation: Expectation, _ packet: inout HelpedPacket,
        _ table: inout ConnectionTable
    ) -> Bool {
        var expectation = expectation
        expectation.savedPort = finding.port
        expectation.direction = packet.direction.opposite
        expectation.follower = .followMaster
        guard let known = table.expectFreePort(&expectation, from: finding.port, at: packet.now) else {
            return false
        }
        let address = table.connections[packet.entry][packet.direction.opposite].destination
        let text = text(finding.kind, address, expectation.tuple)
        guard table.replace(finding.range, of: &packet, with: Array(text.utf8)) else {
            table.unexpect(known)
            return false
        }
        return true
    }

    /// `nf_nat_ftp_fmt_cmd`
    private static func text(_ kind: FTPGrammar.Kind, _ address: UInt128, _ tuple: FlowTuple) -> String {
        let port = tuple.destinationPort
        switch kind {
        case .port, .passive:
            let bytes = [24, 16, 8, 0].map { address >> UInt128($0) & 0xff }
            return (bytes.map(String.init) + ["\(port >> 8)", "\(port & 0xff)"]).joined(separator: ",")
        case .extendedPort:
            let text =
                tuple.family == .ipv4 ? "1|\(IPAddress.v4(UInt32(address)))" : "2|\(wholeText(address))"
            return "|\(text)|\(port)|"
        case .extendedPassive: return "|||\(port)|"
        }
    }

    /// All eight groups of an IPv6 address with all of their digits (`%pI6`).
    private static func wholeText(_ address: UInt128) -> String {
        stride(from: 112, through: 0, by: -16).map { shift in
            let digits = String(UInt16(truncatingIfNeeded: address >> UInt128(shift)), radix: 16)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }.joined(separator: ":")
    }
}
