import Packets
public import Replay
import RuleModel

/// The packets of captures whose verdict two rule sets differ about.
public struct PacketChanges {
    private struct Change: Hashable, Comparable {
        var old: String
        var new: String

        static func < (a: Change, b: Change) -> Bool { (a.old, a.new) < (b.old, b.new) }
    }

    private struct ChangedPacket {
        var number: UInt64
        var words: String
        var old: String
        var new: String
    }

    /// More packets than this are only counted, and more flows than that no longer told apart.
    private static let mostPackets = 20
    private static let mostFlows = 1 << 20

    private var frames: UInt64 = 0
    private var counts: [Change: UInt64] = [:]
    private var flows: Set<FlowTuple> = []
    private var packets: [ChangedPacket] = []

    public init() {}

    public var count: UInt64 { counts.values.reduce(0, +) }

    /// - Parameters:
    ///   - old: what became of a frame under the old rules.
    ///   - new: what became of the same frame under the new ones.
    ///   - oldText: of the old rules; likewise `newText`.
    public mutating func add(_ old: PacketResult, _ new: PacketResult, _ oldText: PacketText, _ newText: PacketText) {
        frames += 1
        guard old.verdictName != new.verdictName else { return }
        counts[Change(old: old.verdictName, new: new.verdictName), default: 0] += 1
        if flows.count < PacketChanges.mostFlows { flows.insert(PacketChanges.flow(old.packet)) }
        guard packets.count < PacketChanges.mostPackets else { return }
        packets.append(
            ChangedPacket(
                number: old.number, words: oldText.words(old), old: oldText.verdict(old), new: newText.verdict(new)))
    }

    /// Both directions of a flow are one.
    private static func flow(_ packet: Packet) -> FlowTuple {
        let isForth = (packet.source, packet.sourcePort) <= (packet.destination, packet.destinationPort)
        return FlowTuple(
            family: packet.family, transportProtocol: packet.transportProtocol,
            source: isForth ? packet.source : packet.destination,
            destination: isForth ? packet.destination : packet.source,
            sourcePort: isForth ? packet.sourcePort : packet.destinationPort,
            destinationPort: isForth ? packet.destinationPort : packet.sourcePort)
    }

    private var flowCount: String { flows.count < PacketChanges.mostFlows ? "\(flows.count)" : "over \(flows.count)" }

    func text() -> [String] {
        guard count > 0 else { return ["captures: none of \(frames) packets changes"] }
        var lines = [
            "captures: \(count) of \(frames) packets \(count == 1 ? "changes" : "change"), in \(flowCount) "
                + (flows.count == 1 ? "flow" : "flows")
        ]
        lines += counts.sorted { $0.key < $1.key }.map { "  \($0.key.old) → \($0.key.new): \($0.value)" }
        lines += packets.map { "  \($0.number)  \($0.words): \($0.old) → \($0.new)" }
        if count > UInt64(packets.count) { lines.append("  and \(count - UInt64(packets.count)) more packets") }
        return lines
    }

    func append(to json: inout [UInt8]) {
        json.append("{\"packets\":")
        json.append(number: frames)
        json.append(",\"changed\":")
        json.append(number: count)
        json.append(",\"flows\":")
        json.append(number: flows.count)
        json.append(",\"changes\":[")
        for (index, change) in counts.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { json.append(",") }
            json.append("{\"old\":")
            json.append(jsonString: change.key.old)
            json.append(",\"new\":")
            json.append(jsonString: change.key.new)
            json.append(",\"packets\":")
            json.append(number: change.value)
            json.append("}")
        }
        json.append("],\"first\":[")
        for (index, packet) in packets.enumerated() {
            if index > 0 { json.append(",") }
            json.append("{\"n\":")
            json.append(number: packet.number)
            json.append(",\"packet\":")
            json.append(jsonString: packet.words)
            json.append(",\"old\":")
            json.append(jsonString: packet.old)
            json.append(",\"new\":")
            json.append(jsonString: packet.new)
            json.append("}")
        }
        json.append("]}")
    }
}
