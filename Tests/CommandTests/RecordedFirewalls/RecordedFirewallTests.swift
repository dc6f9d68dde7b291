import Foundation
import Testing

/// Firewalls that were recorded: from their rules, their addresses and what arrived alone, a replay counts, tracks, judges
/// and sends what the kernel did. Any folder beside the others is tried, too.
@Suite struct RecordedFirewallTests {
    private static let recordings = Recording.all

    @Test(.enabled(if: !recordings.isEmpty, "there are no recordings"), arguments: recordings)
    func agrees(_ recording: Recording) throws {
        let replay = try RecordingReplay(recording)
        defer { replay.remove() }
        #expect(replay.exitCode == 0, "\(replay.errors)")
        try compareCounters(recording, replay)
        try compareConnections(recording, replay)
        try comparePackets(recording, replay)
        try compareTrace(recording, replay)
    }

    // MARK: Counters

    /// What leaves through OUTPUT beside the host's answers isn't among what arrived: daemons' packets, whose number nobody
    /// knows, and neighbour discovery. So counters there are compared where none of those left.
    private func compareCounters(_ recording: Recording, _ replay: RecordingReplay) throws {
        let own = try recording.ownAddresses()
        let left = try recording.interfaces().flatMap {
            try RecordedPacket.read(recording.file("\($0).out.pcap"))
        }
        for family in ["v4", "v6"] where recording.has("counters.\(family)") {
            let isComplete = !left.contains {
                ($0.bytes[0] >> 4 == 4) == (family == "v4")
                    && ($0.isOfDaemon(own: own) || $0.isNeighbourDiscovery)
            }
            let kernel = try counters(recording.lines("counters.\(family)"), withOutput: isComplete)
            let simulated = try counters(replay.lines("counters.\(family)"), withOutput: isComplete)
            for (line, expected) in zip(simulated, kernel) { #expect(line == expected) }
            #expect(simulated.count == kernel.count)
        }
    }

    private func counters(_ lines: [String], withOutput: Bool) -> [String] {
        lines.filter { !$0.hasPrefix("#") }.map { line in
            let touchesOutput = line.contains("OUTPUT ") || line.contains("POSTROUTING ")
            guard !withOutput, touchesOutput else { return line.trimmingCharacters(in: .whitespaces) }
            return line.replacing(#/\[\d+:\d+\]/#, with: "").trimmingCharacters(in: .whitespaces)
        }
    }

    // MARK: Connections

    private func compareConnections(_ recording: Recording, _ replay: RecordingReplay) throws {
        guard recording.has("conntrack.txt") else { return }
        // The recordings of two families list everything twice.
        var kernel = Set(try recording.lines("conntrack.txt").filter { $0.hasPrefix("ipv") }.map(connection))
        var simulated = Set(try replay.lines("conntrack.txt").map(connection))
        let common = kernel.intersection(simulated)
        kernel.subtract(common)
        simulated.subtract(common)
        // The kernel's clock ticks every 4 ms, and its packets take their time: a second may turn meanwhile.
        for line in kernel {
            let near = [-1, 1].map { shifted(line, by: $0) }
            guard let match = simulated.first(where: near.contains) else {
                Issue.record("the kernel has \(line)")
                continue
            }
            simulated.remove(match)
        }
        for line in simulated { Issue.record("the kernel lacks \(line)") }
    }

    /// Without the kernel's counts and inner life.
    private func connection(_ line: String) -> String {
        line.split(separator: " ").filter { word in
            !["packets=", "bytes=", "delta-time=", "use=", "zone="].contains { word.hasPrefix($0) }
        }.joined(separator: " ")
    }

    private func shifted(_ line: String, by seconds: Int) -> String {
        var words = line.split(separator: " ").map(String.init)
        if words.count > 4, let time = Int(words[4]) { words[4] = String(time + seconds) }
        return words.joined(separator: " ")
    }

    // MARK: Packets

    /// Every byte that left, apart from lots that the kernel drew and from what daemons sent.
    private func comparePackets(_ recording: Recording, _ replay: RecordingReplay) throws {
        let own = try recording.ownAddresses()
        var counts: [RecordedPacket: Int] = [:]
        for interface in try recording.interfaces() {
            let left = try RecordedPacket.read(recording.file("\(interface).out.pcap"))
            for packet in left where !packet.isNeighbourDiscovery {
                counts[packet.withoutLots(own: own), default: 0] += 1
            }
        }
        for packet in try RecordedPacket.read(replay.output.appendingPathComponent("egress.pcap"))
        where !packet.isNeighbourDiscovery { counts[packet.withoutLots(own: own), default: 0] -= 1 }
        let translated = try translatedEnds(replay)
        for (packet, count) in counts.filter({ $0.value != 0 }).sorted(by: { $0.key.words < $1.key.words }) {
            let isDaemons = packet.isOfDaemon(own: own) && !translated.contains(packet.sourceEnd)
            if count > 0, isDaemons { continue }
            Issue.record("\(count > 0 ? "only the kernel" : "only the simulator") sent \(packet.words)")
        }
    }

    /// The ends that connections which the firewall passes on are translated to.
    private func translatedEnds(_ replay: RecordingReplay) throws -> Set<String> {
        Set(
            try replay.lines("conntrack.txt").compactMap { line in
                let words = line.split(separator: " ")
                let values = ["src=", "dst=", "dport="].map { key in
                    words.filter { $0.hasPrefix(key) }.map { $0.dropFirst(key.count) }
                }
                guard values[0].count == 2, values[1].count == 2, values[2].count == 2,
                    values[0][0] != values[1][1]
                else { return nil }
                return "\(values[1][1]):\(values[2][1])"
            })
    }
}
