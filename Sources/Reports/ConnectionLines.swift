public import Conntrack
public import Packets

/// The connections as `conntrack -L -o extended` prints them (`snprintf_default.c` in libnetfilter_conntrack), in the order
/// in which they were created; below them, if there are any, the expectations as `conntrack -L expect` prints them.
public enum ConnectionLines {
    /// - Parameter now: of the listing; who expired before isn't in it.
    public static func text(of table: borrowing ConnectionTable, at now: Timestamp) -> String {
        let counts = table.settings.accounting
        var text = ""
        table.forEachConnection(at: now) { connection in
            append(connection, counts: counts, to: &text)
            text += "\n"
        }
        let expectations = table.liveExpectations(at: now)
        if !expectations.isEmpty {
            text += "# expectations\n" + expectations.map { $0.listing + "\n" }.joined()
        }
        return text
    }

    private static func append(_ connection: ConnectionSummary, counts: Bool, to text: inout String) {
        text += connection.original.family == .ipv4 ? "ipv4     2 " : "ipv6     10 "
        let name = protocolName(connection.original.transportProtocol)
        let padding = String(repeating: " ", count: max(0, 8 - name.utf8.count))
        text += "\(name)\(padding) \(connection.original.transportProtocol.rawValue) \(connection.expiresIn) "
        if let state = connection.stateName { text += "\(state) " }
        append(connection.original, counts ? connection.originalCounters : nil, to: &text)
        if !connection.status.contains(.seenReply) { text += "[UNREPLIED] " }
        append(connection.reply, counts ? connection.replyCounters : nil, to: &text)
        if connection.status.contains(.assured) { text += "[ASSURED] " }
        text += "mark=\(connection.mark) "
        if let helper = connection.helper { text += "helper=\(helper.rawValue) " }
        text += "use=1"
    }

    private static func append(_ tuple: FlowTuple, _ counters: FlowCounters?, to text: inout String) {
        func address(_ bits: UInt128) -> String { IPAddress(family: tuple.family, bits: bits).description }
        func key(_ number: UInt16) -> String { "0x" + String(number, radix: 16) }
        text += "src=\(address(tuple.source)) dst=\(address(tuple.destination)) "
        switch tuple.transportProtocol {
        case .tcp, .udp, .udpLite, .sctp, .dccp:
            text += "sport=\(tuple.sourcePort) dport=\(tuple.destinationPort) "
        case .icmp, .icmpv6:
            text += "type=\(tuple.destinationPort >> 8) code=\(tuple.destinationPort & 0xff) "
            text += "id=\(tuple.sourcePort) "
        case .gre: text += "srckey=\(key(tuple.sourcePort)) dstkey=\(key(tuple.destinationPort)) "
        default: break
        }
        if let counters { text += "packets=\(counters.packets) bytes=\(counters.bytes) " }
    }

    /// `l4proto2str`
    private static func protocolName(_ transportProtocol: IPProtocol) -> String {
        switch transportProtocol {
        case .tcp: "tcp"
        case .udp: "udp"
        case .udpLite: "udplite"
        case .icmp: "icmp"
        case .icmpv6: "icmpv6"
        case .sctp: "sctp"
        case .gre: "gre"
        case .dccp: "dccp"
        case .igmp: "igmp"
        default: "unknown"
        }
    }
}
