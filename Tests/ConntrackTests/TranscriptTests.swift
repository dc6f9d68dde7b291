import Conntrack
import Foundation
import Packets
import Testing

private let fixtures = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/Conntrack")

private func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: fixtures.appending(path: folder).path)
        .filter { $0.hasSuffix(".transcript") }.sorted().map { folder.isEmpty ? $0 : folder + "/" + $0 }
}

/// Every transcript was played through the kernel, too (`Scripts/conntrack-goldens.py check`).
@Suite struct TranscriptTests {
    @Test(arguments: try names(in: "") + names(in: "Random"))
    func play(_ name: String) throws {
        let text = try String(contentsOf: fixtures.appending(path: name), encoding: .utf8)
        let transcript = try Transcript(text)
        var settings = ConntrackSettings()
        for (name, value) in transcript.sysctls { try settings.set(name, to: value) }
        var table = ConnectionTable(settings: settings)
        var now = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
        var last: [Bool: [UInt8]] = [:]

        for step in transcript.steps {
            now.nanoseconds += 1_000_000 + Int64(step.wait * 1e9)
            let made = TestPacket(step.packet) { last[$0 == ">"] ?? [] }
            last[step.packet.isFromClient] = made.bytes
            let tracking = table.track(
                made.packet, bytes: made.bytes.span.bytes, checksum: made.hasBadChecksum ? .bad : .good,
                hook: .prerouting, at: now)
            var said = [tracking.flow.state.name]
            if step.expected.count > 1 { said.append(tracking.flow.isReply ? "reply" : "original") }
            if said != step.expected {
                let reason = tracking.invalidReason?.rawValue ?? ""
                Issue.record("\(name):\(step.line): expected \(step.expected), said \(said) \(reason)")
            }
            #expect((tracking.flow.state == .invalid) == (tracking.invalidReason != nil))
            if step.packet.has("reset") { table.reset(tracking, at: now) }
            if step.packet.has("drop") || step.packet.has("reset") {
                table.discard(tracking)
            } else {
                let isConfirmed = table.confirm(tracking)
                #expect(isConfirmed)
            }
        }
        if let expected = transcript.entries {
            let details = ["packets=", "timeout="].filter { detail in
                expected.contains { $0.contains { $0.hasPrefix(detail) } }
            }
            var left: [[String]] = []
            table.forEachConnection(at: now) { left.append(words(of: $0, details)) }
            #expect(
                left.sorted { $0.lexicographicallyPrecedes($1) }
                    == expected.sorted { $0.lexicographicallyPrecedes($1) }, "\(name)")
        }
    }

    private func words(of connection: ConnectionSummary, _ details: [String]) -> [String] {
        var words = [connection.stateName ?? "-"]
        if connection.status.contains(.assured) { words.append("ASSURED") }
        if !connection.status.contains(.seenReply) { words.append("UNREPLIED") }
        let packets = (connection.originalCounters.packets, connection.replyCounters.packets)
        let told = ["packets=\(packets.0)/\(packets.1)", "timeout=\((connection.expiresIn + 4) / 5 * 5)"]
        return (words + told.filter { word in details.contains { word.hasPrefix($0) } }).sorted()
    }
}
