import Engine
import Packets
import Replay

extension ReplaySummary {
    typealias DroppedTotal = (flow: DroppedFlow, total: Total)

    /// The larger flow first, then by the addresses, so that every run lists the same.
    var largestDroppedFlows: [DroppedTotal] {
        droppedFlows.map { ($0.key, $0.value) }.sorted { a, b in
            if a.1.packets != b.1.packets { return a.1.packets > b.1.packets }
            if a.0.family != b.0.family { return a.0.family == .ipv4 }
            if a.0.source != b.0.source { return a.0.source < b.0.source }
            if a.0.destination != b.0.destination { return a.0.destination < b.0.destination }
            return a.0.rank < b.0.rank
        }
    }
}

extension ReplaySummary.DroppedFlow {
    /// Orders flows between the same two addresses.
    fileprivate var rank: (UInt16, UInt8, UInt32, String) {
        (destinationPort, transportProtocol.rawValue, rule?.index ?? .max, routedAwayReason?.rawValue ?? "")
    }

    /// `tcp 203.0.113.66 > 192.0.2.20:22`
    var words: String {
        let destination = IPAddress(family: family, bits: destination)
        let end =
            destinationPort == 0
            ? "\(destination)"
            : family == .ipv4 ? "\(destination):\(destinationPort)" : "[\(destination)]:\(destinationPort)"
        return "\(transportProtocol) \(IPAddress(family: family, bits: source)) > \(end)"
    }
}
