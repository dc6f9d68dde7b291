import Conntrack
import Packets

extension ConnectionSummary {
    /// As `conntrack -L` prints it, without times and what the kernel keeps for itself.
    var line: String {
        let family = original.family == .ipv4 ? "ipv4 2" : "ipv6 10"
        let number = original.transportProtocol.rawValue
        let name = [
            1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6", 132: "sctp", 136: "udplite", 47: "gre", 33: "dccp",
        ][number]
        var words = [family, name ?? "unknown", "\(number)"]
        if let stateName { words.append(stateName) }
        words.append(text(original))
        if !status.contains(.seenReply) { words.append("[UNREPLIED]") }
        words.append(text(reply))
        if status.contains(.assured) { words.append("[ASSURED]") }
        if let helper { words.append("helper=\(helper.rawValue)") }
        return words.joined(separator: " ")
    }

    private func text(_ tuple: FlowTuple) -> String {
        func address(_ bits: UInt128) -> String { IPAddress(family: tuple.family, bits: bits).description }
        var text = "src=\(address(tuple.source)) dst=\(address(tuple.destination))"
        switch tuple.transportProtocol {
        case .tcp, .udp, .sctp, .udpLite, .dccp:
            text += " sport=\(tuple.sourcePort) dport=\(tuple.destinationPort)"
        case .icmp, .icmpv6:
            text +=
                " type=\(tuple.destinationPort >> 8) code=\(tuple.destinationPort & 0xff) id=\(tuple.sourcePort)"
        case .gre:
            text +=
                " srckey=0x\(String(tuple.sourcePort, radix: 16)) dstkey=0x\(String(tuple.destinationPort, radix: 16))"
        default: break
        }
        return text
    }
}
